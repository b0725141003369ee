/**
 * The files of one recording on the disk: a single one, or segments of which the oldest go. What is kept is bounded by
 * size, by age, or by both; segments around a moment that was asked to be kept stay.
 */
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { marksName, segmentName, segmentNumber } from '../segment-name.ts';
import { createSegment, existing, type Owner, refuseToReplace, type Segment } from './segment.ts';

export type Bounds = {
  /** Of all segments together. */
  readonly maxBytes: number | null;
  /** What is older goes. */
  readonly keepMs: number | null;
};

export type Segments = {
  /** The file being written. */
  current(): Segment;
  /** What is kept is bounded, and so cut into segments. */
  readonly inSegments: boolean;
  /** The segment has reached its share of the bounds: the next block should begin another. */
  isLarge(): boolean;
  isOld(beganUs: number, nowUs: number): boolean;
  /** Begins the next segment and drops what is beyond the bounds. */
  next(nowUs: number): Promise<void>;
  /** Segments from now back to the bounds, and on for half of them, stay. False when too many were kept already. */
  keep(nowUs: number): boolean;
  /** Removes the oldest segment that may go; false when there is none. */
  dropOldest(): boolean;
  begin(): void;
  discard(): void;
  bytes(): number;
  kept(): number;
};

/** Segments that a bound is cut into: so exact it is kept. */
const SEGMENTS = 8;
const LEAST_SEGMENT_BYTES = 64 * 1024;
const LEAST_SEGMENT_MS = 2_000;
const MAX_KEPT = 8;

export const createSegments = (
  path: string,
  bounds: Bounds,
  { overwrite, owner }: { readonly overwrite: boolean; readonly owner: Owner | null },
): Segments => {
  const { maxBytes, keepMs } = bounds;
  const inSegments = maxBytes !== null || keepMs !== null;
  const packed = path.endsWith('.gz');
  const shareBytes =
    maxBytes === null ? Number.POSITIVE_INFINITY : Math.max(LEAST_SEGMENT_BYTES, maxBytes / SEGMENTS);
  const shareUs =
    keepMs === null ? Number.POSITIVE_INFINITY : Math.max(LEAST_SEGMENT_MS, keepMs / SEGMENTS) * 1000;
  const closed: { readonly path: string; readonly bytes: number; readonly endUs: number; pinned: boolean }[] =
    [];
  let number = 0;
  let kept = 0;
  let pinUntilUs = -1;

  if (overwrite) refuseToReplace(path);
  const old = inSegments ? segmentsOf(path) : [];
  const [present] = old;
  if (present !== undefined && !overwrite) throw existing(present);
  if (inSegments && fs.existsSync(path)) throw existing(path);
  // Marks beside a recording that is not there any more would be taken for ours.
  if (!overwrite && fs.existsSync(marksName(path))) throw existing(marksName(path));
  const nameOf = (which: number): string => (inSegments ? segmentName(path, which) : path);
  // With `overwrite` the old recording stays until the new one really begins.
  const madeAs = overwrite ? `${nameOf(0)}.${process.pid}.new` : nameOf(0);
  let current = createSegment(madeAs, packed, owner);

  const dropOldest = (): boolean => {
    const at = closed.findIndex(({ pinned }) => !pinned);
    const [oldest] = at < 0 ? [] : closed.splice(at, 1);
    if (oldest === undefined) return false;
    fs.rmSync(oldest.path, { force: true });
    return true;
  };

  const total = (): number => closed.reduce((sum, { bytes }) => sum + bytes, 0);

  const trim = (nowUs: number): void => {
    while (maxBytes !== null && total() + shareBytes > maxBytes && dropOldest());
    while (keepMs !== null && (closed.find(({ pinned }) => !pinned)?.endUs ?? nowUs) < nowUs - keepMs * 1000)
      if (!dropOldest()) break;
  };

  return {
    current: () => current,
    inSegments,
    isLarge: () => current.bytes() >= shareBytes,
    isOld: (beganUs, nowUs) => nowUs - beganUs >= shareUs,
    next: async (nowUs) => {
      await current.sync();
      await current.close();
      closed.push({
        path: nameOf(number),
        bytes: current.bytes(),
        endUs: nowUs,
        pinned: nowUs <= pinUntilUs,
      });
      // One that began within what is to be kept is kept to its end.
      trim(nowUs);
      number += 1;
      current = createSegment(nameOf(number), packed, owner);
    },
    keep: (nowUs) => {
      if (kept >= MAX_KEPT || keepMs === null) return false;
      kept += 1;
      pinUntilUs = nowUs + keepMs * 500 + shareUs;
      for (const one of closed) one.pinned = true;
      return true;
    },
    dropOldest,
    begin: () => {
      if (overwrite) {
        for (const one of [...old, marksName(path)]) fs.rmSync(one, { force: true });
        current.takePlace(nameOf(0));
      }
      syncFolder(path);
    },
    discard: () => current.remove(),
    bytes: () => total() + current.bytes(),
    kept: () => kept,
  };
};

const segmentsOf = (path: string): string[] => {
  const folder = dirname(path);
  const name = basename(path);
  return (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
    .filter((file) => segmentNumber(name, file) !== null)
    .map((file) => join(folder, file));
};

/** So that after a power cut the file has its name. */
const syncFolder = (path: string): void => {
  try {
    const fd = fs.openSync(dirname(path), fs.constants.O_RDONLY);
    fs.fsync(fd, () => fs.close(fd, () => undefined));
  } catch {
    // A file system that cannot do it keeps names in its own way.
  }
};
