/** All that a page is made of. What it says was computed for `analyze`, `summary` and `compare`; here it is only written. */
import type { Mark, Snapshot } from '../../core/snapshot.ts';
import type { Analysis } from '../../insight/analysis.ts';
import type { Change } from '../../insight/compare.ts';
import type { Stretch } from '../compare.ts';
import type { Html } from './markup.ts';
import type { Timeline } from './series.ts';
import type { Times } from './times.ts';

export type RecordedFile = {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
};

/** Before and after a moment. */
export type Comparison = {
  readonly before: Stretch;
  readonly after: Stretch;
  readonly changes: readonly Change[];
  readonly momentUs: number;
  /** The mark that it is about; null for a time. */
  readonly mark: string | null;
};

export type Recorded = {
  /** As a command names it. */
  readonly name: string;
  /** Empty where it came through a pipe and nobody kept its bytes. */
  readonly files: readonly RecordedFile[];
  /** Names and paths are pseudonyms. */
  readonly redacted: boolean;
};

export type Material = {
  readonly version: string;
  readonly recorded: Recorded;
  readonly analysis: Analysis;
  /** At the end of the recording, with every process that ended. */
  readonly snapshot: Snapshot;
  readonly timeline: Timeline;
  readonly marks: readonly Mark[];
  /** null where nothing divides the recording. */
  readonly comparison: Comparison | null;
};

/** The same with what every part of the page needs. */
export type Page = Material & {
  readonly times: Times;
  /** Plays the recording from this moment on. */
  readonly replayFrom: (bootUs: number) => string;
  /** The end of that command. */
  readonly from: (bootUs: number) => Html;
  /** A moment as `--at` takes it. */
  readonly isoOf: (bootUs: number) => string;
  /** Another command about it. */
  readonly command: (name: string, more?: string) => string;
};
