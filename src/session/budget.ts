/**
 * Keeps what tracing costs the traced below a budget. Each probe stands on a ladder of variants, the most telling
 * first, and last of all it is let go. Given the cost of each, a reading after the other, the governor says which ones
 * take a step (what belongs to no probe cannot be let go of, and is not judged):
 *
 * - down, the costliest, and as many more at once as it takes for the others to stay within the budget, when a reading
 *   is far over it (`FAR`), or two in a row are over it at all; but never at the first reading of a session, so that
 *   what lasts only a moment is counted as it was asked for;
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
  /** Position on the probe's ladder, 0 for the most telling. */
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

type Standing = {
  rung: number;
  waitMs: number;
  /** When it last took a step. */
  steppedMs: number;
};

/** @param share of a CPU per CPU at work, for example 0.02 */
export const createGovernor = (ladders: readonly Ladder[], share: number): Governor => {
  const rungsOf = new Map(ladders.map(({ probe, rungs }) => [probe, rungs]));
  const standings = new Map<string, Standing>(
    ladders.map(({ probe }) => [
      probe,
      { rung: 0, waitMs: FIRST_WAIT_MS, steppedMs: Number.NEGATIVE_INFINITY },
    ]),
  );
  let overOnce = false;
  let calmSinceMs: number | null = null;
  let judgeFromMs: number | null = null;

  const take = (
    probe: string,
    standing: Standing,
    direction: BudgetStep['direction'],
    { atMs, shares }: BudgetReading,
    limit: number,
  ): BudgetStep => {
    standing.rung += direction === 'down' ? 1 : -1;
    standing.steppedMs = atMs;
    overOnce = false;
    calmSinceMs = null;
    judgeFromMs = atMs + SETTLE_MS;
    return { probe, direction, rung: standing.rung, share: shares.get(probe) ?? 0, limit };
  };

  const shareOf = ({ shares }: BudgetReading, probe: string): number => shares.get(probe) ?? 0;

  const totalOf = (reading: BudgetReading): number =>
    [...standings.keys()].reduce((sum, probe) => sum + shareOf(reading, probe), 0);

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
      const stayedMs = reading.atMs - standing.steppedMs;
      standing.waitMs =
        stayedMs > 3 * standing.waitMs ? FIRST_WAIT_MS : Math.min(standing.waitMs * 2, MAX_WAIT_MS);
      steps.push(take(probe, standing, 'down', reading, limit));
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
    return waiting === undefined ? [] : [take(waiting[0], waiting[1], 'up', reading, limit)];
  };

  return {
    observe: (reading) => {
      judgeFromMs ??= reading.atMs + 1;
      if (reading.atMs < judgeFromMs) return [];
      const limit = share * Math.max(1, reading.busyCpus);
      const total = totalOf(reading);
      if (total > limit) {
        calmSinceMs = null;
        const decided = overOnce || total > FAR * limit;
        overOnce = true;
        return decided ? down(reading, limit) : [];
      }
      overOnce = false;
      if (total > CALM_SHARE * limit) {
        calmSinceMs = null;
        return [];
      }
      calmSinceMs ??= reading.atMs;
      return up(reading, limit);
    },
  };
};
