/**
 * What the probes cost, from what they count anyway. A script says how many runs of its programs one count stands for
 * (`runs` of a manifest); counts a second, times what one run takes, is a share of a CPU, and no setting of the kernel
 * is touched for it. What it cannot know, a window of the kernel's statistics teaches it, from time to time:
 *
 * - what one run takes here, per probe and kind of attach point, where there were enough runs to judge;
 * - `rest`, the share of runs that no count stands for (predicates that said no);
 * - `scale`, where counts stand for fewer runs than the script says (one event adds a folio of many pages).
 *
 * A window is short, and load comes in bursts: one that meets a burst, or a pause, says nothing of the second around it.
 * So the mean of the last `WINDOWS`, which begin at any moment of a second, is compared with the counts, those before the
 * window and those after it, and only what lies beyond both is taken as learnt. One as long as the second between two
 * samples (`WHOLE_MS`) has no phase to meet, and counts for three. Pure: time comes with the calls.
 */
import type { CountedRuns, Processor } from '../core/cost-facts.ts';
import { type Measured, typicalRunNs } from './cost.ts';

export type CostEstimate = {
  /** Probe to its share of one CPU over the time in which metrics grew by so much. */
  of(script: readonly CountedRuns[], growth: ReadonlyMap<string, number>, spanMs: number): Shares;
  /** The latest time once more, with what a run takes by now. */
  again(): Shares;
  /** Takes what a window measured, and gives back the share of all. `frame` is what belongs to no probe. */
  learn(measured: readonly Measured[], windowMs: number): number;
  /** What the last windows measured in the mean; nothing before there were `WINDOWS`. */
  lasting(): Shares;
  /** This probe is another variant from now on. */
  forget(owner: string): void;
};

export type Shares = ReadonlyMap<string, number>;

export const FRAME = 'frame';

/** Of fewer runs the time is noise. */
const MIN_RUNS = 100;
/** Whatever was learnt must not make the estimate blind. */
const LEAST_SCALE = 1 / 8;
const WINDOWS = 3;
/** A little less than a second, which is what timers make of one. */
const WHOLE_MS = 800;

type Learnt = {
  readonly runNs: Map<string, number>;
  scale: number;
  rest: number;
  /** Shares that the last windows measured. */
  windows: readonly number[];
  /** The last of them is still to be compared with the counts after it. */
  isFresh: boolean;
};

/** What was counted, in what time. */
type Interval = {
  readonly script: readonly CountedRuns[];
  readonly growth: ReadonlyMap<string, number>;
  readonly spanMs: number;
};

export const createCostEstimate = (processor: Processor): CostEstimate => {
  const byOwner = new Map<string, Learnt>();
  let previous: Interval | null = null;

  const learntOf = (owner: string): Learnt => {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const made = { runNs: new Map(), scale: 1, rest: 0, windows: [], isFresh: false };
    byOwner.set(owner, made);
    return made;
  };

  /** By the counts alone. */
  const countedBy = (owner: string, { script, growth, spanMs }: Interval): number => {
    let ns = 0;
    for (const { metric, runs, owner: one } of script) {
      const count = one === owner ? (growth.get(metric) ?? 0) : 0;
      if (count <= 0) continue;
      for (const [provider, perCount] of Object.entries(runs)) {
        const runNs = learntOf(owner).runNs.get(provider) ?? typicalRunNs(provider, processor);
        ns += count * perCount * runNs;
      }
    }
    return spanMs > 0 ? ns / 1e6 / spanMs : 0;
  };

  const compare = (learnt: Learnt, before: number, after: number): void => {
    learnt.isFresh = false;
    learnt.scale = 1;
    learnt.rest = 0;
    const measured = meanOf(learnt.windows);
    if (measured === null) return;
    const counted = Math.min(before, after);
    if (measured < counted) learnt.scale = Math.max(LEAST_SCALE, measured / counted);
    learnt.rest = Math.max(0, measured - Math.max(before, after));
  };

  const sharesOf = (interval: Interval): Shares => {
    const owners = new Set([...interval.script.map(({ owner }) => owner), ...byOwner.keys()]);
    return new Map(
      [...owners].map((owner): [string, number] => {
        const { scale, rest } = learntOf(owner);
        return [owner, countedBy(owner, interval) * scale + rest];
      }),
    );
  };

  return {
    of: (script, growth, spanMs) => {
      const interval = { script, growth, spanMs };
      for (const [owner, learnt] of byOwner) {
        if (!learnt.isFresh) continue;
        compare(learnt, previous === null ? 0 : countedBy(owner, previous), countedBy(owner, interval));
      }
      previous = interval;
      return sharesOf(interval);
    },
    again: () => (previous === null ? new Map() : sharesOf(previous)),
    learn: (measured, windowMs) => {
      const shares = new Map<string, number>();
      for (const { owner, ns } of measured) {
        const name = owner ?? FRAME;
        shares.set(name, (shares.get(name) ?? 0) + ns / 1e6 / windowMs);
      }
      for (const [owner, share] of shares) {
        const learnt = learntOf(owner);
        learnt.windows =
          windowMs >= WHOLE_MS
            ? Array.from({ length: WINDOWS }, () => share)
            : [...learnt.windows, share].slice(-WINDOWS);
        learnt.isFresh = true;
      }
      for (const { owner, provider, runs, ns } of sums(measured)) {
        if (runs >= MIN_RUNS) learntOf(owner ?? FRAME).runNs.set(provider, ns / runs);
      }
      return [...shares.values()].reduce((sum, share) => sum + share, 0);
    },
    lasting: () =>
      new Map([...byOwner].map(([owner, { windows }]): [string, number] => [owner, meanOf(windows) ?? 0])),
    forget: (owner) => {
      byOwner.delete(owner);
    },
  };
};

/** null while there were too few. */
const meanOf = (windows: readonly number[]): number | null =>
  windows.length < WINDOWS ? null : windows.reduce((sum, share) => sum + share, 0) / WINDOWS;

/** Of all programs of one probe and one kind of attach point together. */
const sums = (measured: readonly Measured[]): Iterable<Measured> => {
  const byKey = new Map<string, Measured>();
  for (const one of measured) {
    const key = `${one.owner ?? ''} ${one.provider}`;
    const { runs = 0, ns = 0 } = byKey.get(key) ?? {};
    byKey.set(key, { ...one, runs: runs + one.runs, ns: ns + one.ns });
  }
  return byKey.values();
};
