/**
 * Keeps what tracing costs the traced below a budget. Each probe stands on a ladder of variants, the most informative
 * first, and last of all it is dropped. Given the cost of each, a reading after the other, the governor says which ones
 * take a step (what belongs to no probe cannot be dropped, and is not judged):
 *
 * - down, the costliest, and as many more at once as it takes for the others to stay within the budget, when a reading
 *   is far over it (`FAR`), or two in a row are over it at all; but never at the first reading of a session, so that
 *   what lasts only a moment is counted as it was asked for;
 * - dropped, the last step down, only after a look: the rung above it, the cheapest that counts, stays for `LOOK_MS` from
 *   when it would have gone, unless it costs more than `LOOK_FACTOR` times the budget. That is long enough for what goes
 *   on to be named, and as it waits the longer the more it cost, the budget holds in the mean over the look and the wait
 *   after it. So what costs too much to be counted is looked at every now and then;
 * - up, one step of one probe, the latest to go down first, when the cost of all has been below half of the budget for
 *   as long as that probe must wait. Each time it has to go down again it waits twice as long, up to `MAX_WAIT_MS`,
 *   and what it has been through is forgotten when it stayed up for as long as it had waited, three times over.
 *
 * Each step costs a restart of bpftrace and so a gap of about a second for all, which is why it does not flap: in any
 * span of time a probe goes up at most as often as waits that double fit into it. After a step nothing is judged for
 * `SETTLE_MS`, while bpftrace starts. Pure: time comes with the readings.
 */
export type BudgetReading = {
  readonly atMs: number;
  /** Probe to its share of one CPU. */
  readonly shares: ReadonlyMap<string, number>;
  /** CPUs' worth of work going on: the budget is a share of that, and of one CPU at least. */
  readonly busyCpus: number;
};

export type BudgetStep = {
  readonly probe: string;
  readonly direction: 'down' | 'up';
  /** Position on the probe's ladder, 0 for the most informative. */
  readonly rung: number;
  /** The shares that decided, of one CPU: this probe's, and what all may take. */
  readonly share: number;
  readonly limit: number;
};

export type Governor = {
  /** The steps to take now, one of each probe at most; they count as taken. */
  observe(reading: BudgetReading): readonly BudgetStep[];
};

export type Ladder = { readonly probe: string; readonly rungs: number };

const FAR = 3;
const SETTLE_MS = 2_500;
const FIRST_WAIT_MS = 30_000;
export const MAX_WAIT_MS = 16 * 60_000;
const CALM_SHARE = 0.5;
/** Findings need eight samples; as many as that come within it at an interval of a second, with a step in between. */
export const LOOK_MS = 15_000;
const LOOK_FACTOR = 5;

type Standing = {
  rung: number;
  waitMs: number;
  /** Since when it is looked at, though it costs more than the budget. */
  lookMs: number | null;
  /** When it last took a step. */
  steppedMs: number;
};

/** @param share of a CPU per CPU at work, for example 0.02 */
export const createGovernor = (ladders: readonly Ladder[], share: number): Governor => {
  const rungsOf = new Map(ladders.map(({ probe, rungs }) => [probe, rungs]));
  const standings = new Map<string, Standing>(
    ladders.map(({ probe }) => [
      probe,
      { rung: 0, waitMs: FIRST_WAIT_MS, lookMs: null, steppedMs: Number.NEGATIVE_INFINITY },
    ]),
  );
  let overOnce = false;
  let calmSinceMs: number | null = null;
  let underSinceMs: number | null = null;
  let judgeFromMs: number | null = null;

  const isLast = (probe: string, { rung }: Standing): boolean => rung + 2 >= (rungsOf.get(probe) ?? 0);

  const take = (
    [probe, standing]: readonly [string, Standing],
    direction: BudgetStep['direction'],
    { atMs, shares }: BudgetReading,
    limit: number,
  ): BudgetStep => {
    standing.rung += direction === 'down' ? 1 : -1;
    standing.steppedMs = atMs;
    // What comes back after it was dropped is looked at from this moment on.
    standing.lookMs = direction === 'up' && isLast(probe, standing) ? atMs : null;
    overOnce = false;
    calmSinceMs = null;
    judgeFromMs = atMs + SETTLE_MS;
    return { probe, direction, rung: standing.rung, share: shares.get(probe) ?? 0, limit };
  };

  const shareOf = ({ shares }: BudgetReading, probe: string): number => shares.get(probe) ?? 0;

  const totalOf = (reading: BudgetReading): number =>
    [...standings.keys()].reduce((sum, probe) => sum + shareOf(reading, probe), 0);

  /** Whether it stays where it is, because below it nothing counts, and there has been no time to see what goes on. */
  const isLookedAt = (probe: string, standing: Standing, { atMs, shares }: BudgetReading, limit: number) => {
    if (!isLast(probe, standing)) return false;
    if ((shares.get(probe) ?? 0) > LOOK_FACTOR * limit) return false;
    standing.lookMs ??= atMs;
    return atMs - standing.lookMs < LOOK_MS;
  };

  /** Every step is a gap for all: what must go, goes at once. */
  const down = (reading: BudgetReading, limit: number): readonly BudgetStep[] => {
    const candidates = [...standings]
      .filter(([probe, { rung }]) => rung + 1 < (rungsOf.get(probe) ?? 0) && shareOf(reading, probe) > 0)
      .sort(([a], [b]) => shareOf(reading, b) - shareOf(reading, a));
    const steps: BudgetStep[] = [];
    let left = totalOf(reading);
    for (const [probe, standing] of candidates) {
      if (left <= limit) break;
      left -= shareOf(reading, probe);
      if (isLookedAt(probe, standing, reading, limit)) continue;
      const stayedMs = reading.atMs - standing.steppedMs;
      const doubledMs =
        stayedMs > 3 * standing.waitMs ? FIRST_WAIT_MS : Math.min(standing.waitMs * 2, MAX_WAIT_MS);
      const lookedMs = standing.lookMs === null ? 0 : reading.atMs - standing.lookMs;
      standing.waitMs = Math.max(doubledMs, lookedMs * (shareOf(reading, probe) / limit));
      steps.push(take([probe, standing], 'down', reading, limit));
    }
    return steps;
  };

  const up = (reading: BudgetReading, limit: number): readonly BudgetStep[] => {
    const waiting = [...standings]
      .filter(([, { rung }]) => rung > 0)
      .sort(([, a], [, b]) => b.steppedMs - a.steppedMs)
      .find(([, { waitMs, steppedMs }]) => {
        const sinceMs = Math.max(steppedMs, calmSinceMs ?? reading.atMs);
        return reading.atMs - sinceMs >= waitMs;
      });
    return waiting === undefined ? [] : [take(waiting, 'up', reading, limit)];
  };

  return {
    observe: (reading) => {
      judgeFromMs ??= reading.atMs + 1;
      if (reading.atMs < judgeFromMs) return [];
      const limit = share * Math.max(1, reading.busyCpus);
      const total = totalOf(reading);
      if (total > limit) {
        calmSinceMs = null;
        underSinceMs = null;
        const decided = overOnce || total > FAR * limit;
        overOnce = true;
        return decided ? down(reading, limit) : [];
      }
      overOnce = false;
      underSinceMs ??= reading.atMs;
      // A load that comes and goes is one and the same look.
      if (reading.atMs - underSinceMs >= LOOK_MS)
        for (const standing of standings.values()) standing.lookMs = null;
      if (total > CALM_SHARE * limit) {
        calmSinceMs = null;
        return [];
      }
      calmSinceMs ??= reading.atMs;
      return up(reading, limit);
    },
  };
};
