/** The formats of `stallscope export`. */
import { csvEncoder } from '../export/csv.ts';
import type { Encoder, End, Export } from '../export/encoder.ts';
import { backfillEncoder } from '../export/openmetrics/backfill.ts';
import { perfettoEncoder } from '../export/perfetto/perfetto.ts';

export type Format = {
  readonly isBinary: boolean;
  /** It is written in the light of how the recording ends, which is then read twice. */
  readonly needsEnd: boolean;
  /** It says what was recognised at each sample. */
  readonly watches: boolean;
  /** `end` is there when it is needed, or processes are chosen. */
  readonly create: (asked: Export, end: End | null) => Encoder;
};

const inHindsight =
  (create: (asked: Export, end: End) => Encoder): Format['create'] =>
  (asked, end) => {
    if (end === null) throw new Error('the end of the recording is needed for this format');
    return create(asked, end);
  };

export const FORMATS: Readonly<Record<string, Format>> = {
  csv: { isBinary: false, needsEnd: false, watches: false, create: csvEncoder },
  openmetrics: { isBinary: false, needsEnd: false, watches: true, create: backfillEncoder },
  perfetto: { isBinary: true, needsEnd: true, watches: false, create: inHindsight(perfettoEncoder) },
};

export const EXPORT_FORMATS: readonly string[] = Object.keys(FORMATS);
