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

/** Something that a series did, from a tick on and until another. */
export type Occurrence = {
  /** Number of the series in its Insight; numbers of ended series are not used again. */
  readonly series: number;
  readonly identity: SeriesIdentity;
  /** Tick in which it began, and the one in which that was known. */
  readonly tick: number;
  readonly startUs: number;
  readonly seenTick: number;
  endTick: number;
  endUs: number;
};

/** It left its usual range for good (range.ts). */
export type Shift = Occurrence & {
  /** How far it went, in usual spreads; of the farthest so far. */
  surprise: number;
  /** What was usual: the median, and the spread. */
  readonly usual: number;
  readonly spread: number;
  /** The least and the most that it had ever been, in means of as many blocks. */
  readonly lowest: number;
  readonly highest: number;
  readonly seenBlocks: number;
  /** Mean of a block where it was farthest. */
  peak: number;
  readonly fell: boolean;
};

/** A counter that always moved, and stopped (silence.ts). */
export type Silence = Occurrence & {
  /** Its longest before. */
  readonly longestTicks: number;
};

/** It begins with the first tick of its run, which is known once the run is unlikely enough. */
export type Spike = Occurrence & {
  /** Largest value (per second for a counter), and when; the least of a gauge that fell. */
  peak: number;
  peakUs: number;
  /** A gauge that went down: what is unusual about it is how low it is. */
  readonly fell: boolean;
  /** A counter that always moved, and stopped. */
  readonly silent?: true;
  score: number;
  /** The series had changed its level for good. */
  shift: boolean;
  /** The series was still too young to be sure of what is usual. */
  readonly learning: boolean;
};
