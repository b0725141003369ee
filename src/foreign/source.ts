/** What every reader of a format is given, and what it gives back. */
import type { ForeignHost } from './foreign-recording.ts';
import type { Chunks } from './lines.ts';
import type { PointTable, Unreadable } from './point-table.ts';
import type { Zone } from './zone.ts';

export type Asked = {
  /** What times without a zone are in; null: not asked. */
  readonly zone: Zone | null;
  /** When the machine booted, for logs that count from there; null: not asked. */
  readonly bootUs: number | null;
  /** When the source was last written, for dates without a year; null where that is not known. */
  readonly writtenMs: number | null;
  /** When its end was written, as its file says; null of what comes through a pipe. */
  readonly endedMs?: number | null;
};

export type Read = {
  readonly table: PointTable;
  readonly host: ForeignHost;
  /** Where its times come from nowhere: since a boot that nobody knows the time of. */
  readonly isUnanchored?: boolean;
  /** Its times are local, of a zone that it does not name and nobody gave. */
  readonly isLocal?: boolean;
};

export type Format = {
  readonly id: string;
  readonly what: string;
  /** What reports the same: of two of one family the first format is taken where both have something to say. */
  readonly family: 'log' | 'readings';
  /** Whether a source that begins so is of it. */
  readonly isRecognised: (head: string) => boolean;
  readonly read: (chunks: Chunks, asked: Asked) => Promise<Read | Unreadable>;
};
