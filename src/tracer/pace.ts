/**
 * When a sample is made, and of what. One for each reading of the tracer's maps, at the moment of its reading; bpftrace
 * reads them when it gets round to a tick, and held up it does so long after the tick's own time. When no maps come in
 * time the host is sampled without them, so that the stream never falls silent. Samples are strictly in order of time.
 */
import type { Clock } from '../session/ports.ts';
import type { Batch } from './batches.ts';

/** What a sample is made of; `counted` when the tracer was read for it. */
export type Taken = Pick<Batch, 'bootUs' | 'final' | 'counters'> & {
  readonly counted: boolean;
  /** When the tracer began to print these maps, late or not. */
  readonly tickUs: number;
};

export type Pace = {
  /** Counting has begun: there is nothing yet, and from here on everything is counted. */
  begin(bootUs: number): void;
  /** The first sample: the host's counters need a reading to differ from; the tracer's start at zero. */
  first(): void;
  batch(batch: Batch): void;
  /** What was held back is the last there is when no later batch comes, or none in time. */
  release(): void;
  /** Another tracer counts from now on. */
  resume(bootUs: number): void;
  /** When the last batch was read. */
  lastBatchUs(): number;
  lastSampleUs(): number;
  /** Nothing is made up any more; what still comes is taken. */
  stop(): void;
};

/** How much later than an interval the tracer's next maps may come. */
const PATIENCE = 1.5;

export type PaceOptions = {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly take: (taken: Taken) => void;
  /** Nothing is known of the host now: there is nothing to sample either. */
  readonly isSilent: () => boolean;
};

export const createPace = ({ clock, intervalMs, take, isSilent }: PaceOptions): Pace => {
  const halfIntervalUs = (intervalMs * 1000) / 2;
  let sampleUs = 0;
  let batchUs = 0;
  let held: Taken | null = null;
  /** The last batch that was reported, or is held, was late. */
  let toldLate = false;
  let stopped = false;
  let heartbeat: NodeJS.Timeout | undefined;

  const sample = (taken: Taken): void => {
    sampleUs = Math.max(taken.bootUs, sampleUs + 1);
    take({ ...taken, bootUs: sampleUs });
    beat();
  };

  const beat = (): void => {
    clearTimeout(heartbeat);
    if (stopped) return;
    heartbeat = setTimeout(() => {
      if (isSilent()) return beat();
      // A later one would have come by now.
      release();
      sample(withoutCounts(clock.bootUs(), false));
    }, intervalMs * PATIENCE);
  };

  const release = (): void => {
    const last = held;
    held = null;
    if (last !== null) sample(last);
  };

  const isLate = ({ bootUs }: Batch): boolean =>
    bootUs <= sampleUs || clock.bootUs() - bootUs > halfIntervalUs;

  return {
    begin: (bootUs) => {
      sampleUs = bootUs;
      batchUs = bootUs;
    },
    first: () => sample(withoutCounts(sampleUs, true)),
    batch: (batch) => {
      const late = isLate(batch);
      batchUs = late ? clock.bootUs() : batch.bootUs;
      const taken = { ...batch, bootUs: batchUs, tickUs: batch.bootUs, counted: true };
      // After a stall several come at once, or one in time soon after one that was late: one sample reports them.
      const soon = !batch.final && batchUs - sampleUs < halfIntervalUs;
      held = soon && (late || toldLate) ? taken : null;
      toldLate = late || (toldLate && held !== null);
      if (held === null) sample(taken);
    },
    release,
    resume: (bootUs) => {
      batchUs = bootUs;
    },
    lastBatchUs: () => batchUs,
    lastSampleUs: () => sampleUs,
    stop: () => {
      stopped = true;
      clearTimeout(heartbeat);
    },
  };
};

const withoutCounts = (bootUs: number, counted: boolean): Taken => ({
  bootUs,
  tickUs: bootUs,
  final: false,
  counters: new Map(),
  counted,
});
