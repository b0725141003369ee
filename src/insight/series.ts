/** A series: one metric of one process, or of the host. What it is called, and the spikes it is made of. */
import type { MetricUnit } from '../core/metric.ts';

export type SeriesIdentity = {
  readonly metric: string;
  readonly kind: 'counter' | 'gauge';
  readonly unit: MetricUnit;
  /** null for the host's own. */
  readonly pid: number | null;
  readonly startMs: number | null;
  readonly comm: string | null;
  /** A kernel thread: it works for others, and is nobody's suspect. */
  readonly kernel?: true;
};

export type Spike = {
  /** Number of the series in its Insight; numbers of ended series are not used again. */
  readonly series: number;
  readonly identity: SeriesIdentity;
  /** Tick in which it began: the first of its run, which is known once the run is unlikely enough. */
  readonly tick: number;
  readonly startUs: number;
  /** Tick in which it was first seen to be a spike. */
  readonly seenTick: number;
  endTick: number;
  endUs: number;
  /** Largest value (per second for a counter), and when; the least of a gauge that fell. */
  peak: number;
  peakUs: number;
  /** A gauge that went down: what is unusual about it is how low it is. */
  readonly fell: boolean;
  score: number;
  /** The series had changed its level for good. */
  shift: boolean;
  /** The series was still too young to be sure of what is usual. */
  readonly learning: boolean;
};
