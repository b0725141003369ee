/** What is reported of files: extents, what follows from them, how they have grown, who has them open, and what helps. */
import { type ExtentCount, listBytes, type Opener, seekHoleNs } from '../core/file-extents.ts';
import { type Advice, adviceFor } from './advice.ts';
import type { Omission } from './left-out.ts';

/** Of a file as it was counted. */
export type Counted = ExtentCount & {
  readonly path: string;
  /** Inode and time of birth: a number is soon given to another file. */
  readonly identity: string;
  readonly sizeBytes: number;
  readonly atMs: number;
};

/** What the last report said of a file. */
export type Earlier = { readonly identity: string; readonly extents: number; readonly atMs: number };

export type Growth = { readonly extents: number; readonly overMs: number };

export type FileReport = Counted & {
  readonly meanBytes: number | null;
  /** null where there is nothing to compare with: it is new, another file, or one of the two was not counted to its end. */
  readonly growth: Growth | null;
  /** An estimate. */
  readonly kernelBytes: number | null;
  readonly seekHoleNs: number | null;
  readonly openBy: readonly Opener[];
  readonly moreOpenBy: number;
  readonly advice: readonly Advice[];
};

export type ExtentsReport = {
  readonly atMs: number;
  /** The most extents first. */
  readonly files: readonly FileReport[];
  readonly leftOut: readonly Omission[];
  /** What was not done as usual. */
  readonly notes: readonly string[];
};

export type Openers = ReadonlyMap<string, { readonly first: readonly Opener[]; readonly more: number }>;

/** Most extents first; of those that could not be counted the largest. */
export const byExtents = (a: Counted, b: Counted): number =>
  (b.extents ?? -1) - (a.extents ?? -1) || b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1);

export const reportOf = (
  counted: Counted,
  earlier: Earlier | undefined,
  open: { readonly first: readonly Opener[]; readonly more: number } = { first: [], more: 0 },
): FileReport => {
  const { extents, fileSystem, sizeBytes } = counted;
  return {
    ...counted,
    meanBytes: extents === null || extents === 0 || counted.isLeast ? null : Math.round(sizeBytes / extents),
    growth: growthOf(counted, earlier),
    kernelBytes: extents === null ? null : listBytes(extents, fileSystem),
    seekHoleNs: extents === null ? null : seekHoleNs(extents),
    openBy: open.first,
    moreOpenBy: open.more,
    advice: adviceFor(counted, open.first),
  };
};

const growthOf = (
  { extents, isLeast, identity, atMs }: Counted,
  earlier: Earlier | undefined,
): Growth | null =>
  extents === null ||
  isLeast ||
  earlier === undefined ||
  earlier.identity !== identity ||
  earlier.atMs >= atMs
    ? null
    : { extents: extents - earlier.extents, overMs: atMs - earlier.atMs };
