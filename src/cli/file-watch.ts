/**
 * Asks which files a suspect has open, and in how many extents they lie, while its finding goes on: in the background, one process
 * at a time, and each again after a while only, because the answer may cost a walk through its files.
 */
import type { CountedFile, EarlierExtents } from '../core/file-extents.ts';
import type { Inspect, OpenFile } from '../core/inspection.ts';
import type { FilesRecord } from '../core/record.ts';
import type { Finding } from '../insight/findings/finding.ts';
import { OF_FILES } from '../insight/findings/index.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';

const AGAIN_US = 300e6;
/** Where nothing could be counted: a busy machine may not have got that far. */
const UNANSWERED_AGAIN_US = 15e6;
/** A finding goes on until it has been quiet for so long. */
const QUIET_US = 10e6;
const MOST_REMEMBERED = 1_000;

export type FileWatchPorts = {
  readonly ask: (pid: number, startMs: number | null) => ReturnType<Inspect>;
  readonly add: (record: FilesRecord) => void;
  readonly bootUs: () => number;
  /** Reads the last report of `stallscope extents`: what it said of this very file; null where it has none of it. */
  readonly earlier: () => (file: OpenFile) => EarlierExtents | null;
};

/** To be called with every snapshot. */
export const createFileWatch = ({ ask, add, bootUs, earlier }: FileWatchPorts) => {
  const askedUs = new Map<string, number>();
  let asking = false;

  const isDue = ({ id, suspect, endUs }: Finding, nowUs: number): boolean =>
    suspect !== null &&
    OF_FILES.has(id) &&
    nowUs - endUs <= QUIET_US &&
    nowUs - (askedUs.get(keyOf(suspect)) ?? Number.NEGATIVE_INFINITY) >= AGAIN_US;

  return (snapshot: WatchedSnapshot): void => {
    // Of another namespace, its PID is somebody else here.
    if (asking || snapshot.header.unnamed !== undefined) return;
    const suspect = snapshot.insight.findings.find((one) => isDue(one, snapshot.bootUs))?.suspect;
    if (suspect === undefined || suspect === null) return;
    const { pid, startMs } = suspect;
    if (askedUs.size >= MOST_REMEMBERED) askedUs.clear();
    askedUs.set(keyOf(suspect), snapshot.bootUs);
    asking = true;
    void ask(pid, startMs).then((answer) => {
      asking = false;
      const known = (answer?.files ?? []).filter(isCounted);
      // A report may be of 50,000 files: it is read once for an answer, and not without one.
      const before = known.length === 0 ? () => null : earlier();
      const files = known
        .map((file) => counted(file, file.extents, before(file)))
        .sort((a, b) => b.extents - a.extents);
      if (files.length === 0) askedUs.set(keyOf(suspect), snapshot.bootUs - AGAIN_US + UNANSWERED_AGAIN_US);
      else add({ type: 'files', bootUs: bootUs(), pid, startMs, files });
    });
  };
};

const isCounted = (file: OpenFile): file is OpenFile & { readonly extents: number } => file.extents !== null;

const counted = (
  { path, sizeBytes, isLeast }: OpenFile,
  extents: number,
  earlier: EarlierExtents | null,
): CountedFile => ({
  ...{ path, sizeBytes, extents },
  ...(isLeast ? { isLeast } : {}),
  ...(earlier === null ? {} : { earlier }),
});

const keyOf = ({ pid, startMs }: { readonly pid: number; readonly startMs: number | null }): string =>
  `${pid}@${startMs}`;
