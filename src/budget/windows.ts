/**
 * When to have the kernel measure. Every window switches a setting of the whole machine, and switching it patches the
 * kernel's code while all CPUs run it; so the estimate (cost-estimate.ts) goes on without, and a window only teaches it.
 *
 * Guarantee: two windows never begin within `LEAST_GAP_MS` of each other, whatever happens; while nothing happens, one
 * begins every `USUAL_GAP_MS`. In between it takes a reason: the estimate is over the budget, or near it and rising, or
 * several times what it was at the last window; the last window was over it, which one burst may be and many are not; the
 * machine works much more than at the last window, which counts may not say; or counts do not come (`isBlind`). The first
 * begins as soon as there is something to measure: what an idle machine does teaches nothing, and would make what comes
 * after it wait for `LEAST_GAP_MS`.
 */
export const LEAST_GAP_MS = 10_000;
export const USUAL_GAP_MS = 60_000;

const FIRST_MS = 1_500;
/** Of a CPU: of less it does not matter that nobody knows it. All probes take half as much on an idle machine. */
const SOME = 0.0025;
const SOME_CPUS = 0.5;
/** As many times the estimate of the last window is another load. */
const JUMP = 4;
const NEAR = 0.5;
const RISING = 1.25;
/** Of CPUs' worth of work. */
const MUCH_MORE_CPUS = 0.5;

export type CostNow = {
  readonly atMs: number;
  /** What all probes take, and what they may take, of one CPU. */
  readonly total: number;
  readonly limit: number;
  readonly busyCpus: number;
  /** Samples are so far apart that their counts come too late. */
  readonly isBlind: boolean;
};

export type CostWindows = {
  /** Whether any window has measured a load like this one; before, an estimate may be off by far. */
  knows(now: Pick<CostNow, 'total'>): boolean;
  /** Whether to begin one now. */
  wants(now: CostNow): boolean;
  /** One has begun. */
  began(now: CostNow): void;
  /** What all probes took in it, of one CPU. */
  measured(total: number): void;
};

/** @param startMs of the session: the first window comes soon after it, to learn what this machine is like */
export const createCostWindows = (startMs: number): CostWindows => {
  let lastMs: number | null = null;
  let usualMs = startMs + LEAST_GAP_MS;
  let last: CostNow | null = null;
  let lastTotal = 0;
  const isNew = ({ total }: Pick<CostNow, 'total'>): boolean =>
    total > JUMP * Math.max(SOME, last?.total ?? 0);
  return {
    knows: (now) => last !== null && !isNew(now),
    wants: (now) => {
      if (lastMs !== null && now.atMs - lastMs < LEAST_GAP_MS) return false;
      if (now.isBlind || now.atMs >= usualMs) return true;
      if (now.total > now.limit || lastTotal > now.limit) return true;
      if (now.total > NEAR * now.limit && now.total > RISING * (last?.total ?? 0)) return true;
      if (last === null)
        return now.atMs - startMs >= FIRST_MS && (now.total > SOME || now.busyCpus > SOME_CPUS);
      if (isNew(now)) return true;
      return now.busyCpus > last.busyCpus + Math.max(MUCH_MORE_CPUS, last.busyCpus / 2);
    },
    began: (now) => {
      lastMs = now.atMs;
      usualMs = now.atMs + USUAL_GAP_MS;
      last = now;
    },
    measured: (total) => {
      lastTotal = total;
      if (last !== null) last = { ...last, total: Math.max(last.total, total) };
    },
  };
};
