/** What every format is: a beginning, what each sample brings, an end. Pure; where it goes is decided by who calls. */
import type { HeaderRecord } from '../core/record.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Chosen } from './chosen.ts';

export type Chunk = string | Uint8Array;

export type Encoder = {
  begin(): readonly Chunk[];
  sample(snapshot: WatchedSnapshot): readonly Chunk[];
  /** Its last bytes say that the file is whole; what is missing of the recording is said before. */
  end(end: End): readonly Chunk[];
};

/** The end of what is exported. */
export type End = {
  /** All that came, also after the last sample. */
  readonly snapshot: WatchedSnapshot;
  /** Of the stretch alone; `ended` says whether the recording is whole. */
  readonly stretch: Snapshot;
};

/** What is exported. */
export type Export = {
  readonly header: HeaderRecord;
  /** The stretch begins after this one; null for the beginning of the recording. */
  readonly from: Snapshot | null;
  /** Only a part of the recording was asked for. */
  readonly isPart: boolean;
  readonly chosen: Chosen;
  /** As the user may call it again. */
  readonly file: string;
};
