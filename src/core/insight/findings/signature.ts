/**
 * What a known failure looks like, as data. A signature is a small set of conditions, each on one measure of the
 * suspect, of other processes, or of the host; which must hold, which add to the evidence, which must not; and which
 * must come before which. Conditions are physical (so many steps per search, such a share of time), so that a failure
 * is named also where there was no quiet time to learn from.
 */
import type { MetricUnit } from '../../metric.ts';

export type Measure =
  /** Per second, over the last few ticks; `*` at the end sums all metrics that begin so. */
  | { readonly kind: 'rate'; readonly metric: string }
  /** One rate per another. */
  | { readonly kind: 'ratio'; readonly metric: string; readonly per: string }
  /** The level of a gauge; with `*` their sum. */
  | { readonly kind: 'level'; readonly metric: string }
  /** How far a gauge has risen over so many ticks; negative when it fell. */
  | { readonly kind: 'rise'; readonly metric: string; readonly overTicks: number };

export type Condition = {
  readonly id: string;
  /** Of other processes the one with most; of the host its own metrics. */
  readonly scope: 'suspect' | 'others' | 'host';
  readonly need: 'required' | 'optional' | 'forbidden';
  readonly measure: Measure;
  readonly least?: number;
  readonly most?: number;
  /** `least` and `most` are shares of the host's memory in KiB. */
  readonly ofMemory?: true;
  readonly unit: MetricUnit;
  readonly what: string;
  /** Its onset comes at most so many ticks before, and at most so many after, the onset of another condition. */
  readonly order?: { readonly after: string; readonly earliestTicks: number; readonly latestTicks: number };
};

export type Signature = {
  readonly id: string;
  readonly title: string;
  readonly severity: 'critical' | 'high' | 'medium';
  /** Processes are looked at from this rate of this metric on; of several the one with most is the suspect. */
  readonly anchor: { readonly metric: string; readonly least: number };
  readonly conditions: readonly Condition[];
  /** Conditions on the host that are enough where no probe counts processes: then nobody is accused. */
  readonly hostAlone?: readonly Condition[];
  /** Conditions that have held within so many ticks hold together. */
  readonly togetherTicks: number;
  /** How long all that is required must have held. */
  readonly lastsTicks: number;
  /** Other processes that suffer, by this rate. */
  readonly victims: { readonly metric: string; readonly least: number } | null;
  readonly advice: readonly { readonly text: string; readonly command?: string; readonly risk?: string }[];
};
