/** All that decides how far what was counted can be trusted. The state of a session has it. */
import type { MetricDescriptor } from './metric.ts';
import type { HeaderRecord, LossKind, ProbeInUse, Unrecorded } from './record.ts';

/** In place of a metric's id, in `doubtUs`. */
export const ALL_METRICS = '';

/** What is known, by metric, of how far a count is off, in the order in which a checkpoint has it. */
export const DOUBTS = ['shared', 'doubtUs', 'over', 'least', 'unseen', 'missed'] as const;

export type Gap = {
  readonly fromBootUs: number;
  readonly toBootUs: number;
  readonly reason: string;
  /** It is the recording that lacks it. */
  readonly unrecorded?: Unrecorded | undefined;
};

export type Trust = {
  readonly header: Pick<HeaderRecord, 'mapKeys' | 'imported' | 'intervalMs' | 'unnamed'>;
  readonly metrics: ReadonlyMap<string, MetricDescriptor>;
  readonly probes: ReadonlyMap<string, ProbeInUse>;
  readonly bootUs: number;
  readonly counted: { readonly bootUs: number; readonly intervalUs: number };
  readonly resumedBootUs: number;
  readonly uncounted: ReadonlyMap<string, { readonly sinceUs: number | null; readonly us: number }>;
  readonly estimated: ReadonlyMap<string, string>;
  readonly shared: ReadonlyMap<string, number>;
  readonly over: ReadonlyMap<string, number>;
  readonly least: ReadonlyMap<string, number>;
  readonly unseen: ReadonlyMap<string, number>;
  readonly missed: ReadonlyMap<string, number>;
  readonly doubtUs: ReadonlyMap<string, number>;
  readonly losses: ReadonlyMap<LossKind, number>;
  readonly mapFull: ReadonlySet<string>;
  readonly imprecise: ReadonlySet<string>;
  readonly cut: ReadonlySet<string>;
  readonly gaps: readonly Gap[];
};
