/** The formats of `stallscope export`. */
import { csvEncoder } from '../export/csv.ts';
import type { Encoder, End, Export } from '../export/encoder.ts';

export type Format = {
  readonly isBinary: boolean;
  /** It is written in the light of how the recording ends, which is then read twice. */
  readonly needsEnd: boolean;
  /** It says what was recognised at each sample. */
  readonly watches: boolean;
  /** `end` is there when it is needed, or processes are chosen. */
  readonly create: (asked: Export, end: End | null) => Encoder;
};

export const FORMATS: Readonly<Record<string, Format>> = {
  csv: { isBinary: false, needsEnd: false, watches: false, create: csvEncoder },
};

export const EXPORT_FORMATS: readonly string[] = Object.keys(FORMATS);
