/**
 * What the probes cost, from what they count anyway. A script says how many runs of its programs one count stands for
 * (`runs` of a manifest); counts a second, times what one run takes, is a share of a CPU, and no setting of the kernel
 * is touched for it. What it cannot know, a window of the kernel's statistics teaches it, from time to time:
 *
 * - what one run takes here, per probe and kind of attach point, where there were runs enough to tell;
 * - `rest`, the share of runs that no count stands for (predicates that said no), held until the next window;
 * - `scale`, where counts stand for fewer runs than the script says (one event adds a folio of many pages).
 *
 * A window is short, and counts are of the time between two samples, so the two are compared with the counts before the
 * window and those after it: only what lies beyond both is taken as learnt. Pure: time comes with the calls.
 */
import { type Measured, type Processor, typicalRunNs } from './cost.ts';

/** One metric whose counts stand for runs. */
export type CountedRuns = {
  /** Metric id: of a probe, or of the host. */
  readonly metric: string;
  readonly owner: string;
  /** Provider to runs for one count. */
  readonly runs: Readonly<Record<string, number>>;
};

export type CostEstimate = {
  /** Probe to its share of one CPU over the time in which metrics grew by so much. */
  of(script: readonly CountedRuns[], growth: ReadonlyMap<string, number>, spanMs: number): Shares;
  /** Takes what a window measured, and gives it back as shares. `frame` is what belongs to no probe. */
  learn(measured: readonly Measured[], windowMs: number): Shares;
  /** This probe is another variant from now on. */
  forget(owner: string): void;
};

export type Shares = ReadonlyMap<string, number>;

export const FRAME = 'frame';

/** Of fewer runs the time is noise. */
const MIN_RUNS = 100;
/** A window that fell into a pause of the load must not make the estimate blind. */
const LEAST_SCALE = 1 / 8;

type Learnt = {
  readonly runNs: Map<string, number>;
  scale: number;
  rest: number;
  /** Measured, and still to be compared with the counts after it. */
  measured: number | null;
};

type Reading = {
  readonly script: readonly CountedRuns[];
  readonly growth: ReadonlyMap<string, number>;
  readonly spanMs: number;
};

export const createCostEstimate = (processor: Processor): CostEstimate => {
  const byOwner = new Map<string, Learnt>();
  let previous: Reading | null = null;

  const learntOf = (owner: string): Learnt => {
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const made = { runNs: new Map(), scale: 1, rest: 0, measured: null };
    byOwner.set(owner, made);
    return made;
  };

  /** By the counts alone. */
  const countedBy = (owner: string, { script, growth, spanMs }: Reading): number => {
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

  const compare = (learnt: Learnt, measured: number, before: number, after: number): void => {
    const least = Math.min(before, after);
    learnt.scale = measured < least ? Math.max(LEAST_SCALE, measured / least) : 1;
    learnt.rest = Math.max(0, measured - Math.max(before, after));
    learnt.measured = null;
  };

  return {
    of: (script, growth, spanMs) => {
      const reading = { script, growth, spanMs };
      const shares = new Map<string, number>();
      for (const owner of new Set([...script.map((one) => one.owner), ...byOwner.keys()])) {
        const learnt = learntOf(owner);
        const counted = countedBy(owner, reading);
        if (learnt.measured !== null) {
          compare(learnt, learnt.measured, previous === null ? 0 : countedBy(owner, previous), counted);
        }
        shares.set(owner, counted * learnt.scale + learnt.rest);
      }
      previous = reading;
      return shares;
    },
    learn: (measured, windowMs) => {
      const shares = new Map<string, number>();
      for (const { owner, ns } of measured) {
        const name = owner ?? FRAME;
        shares.set(name, (shares.get(name) ?? 0) + ns / 1e6 / windowMs);
      }
      for (const [owner, share] of shares) learntOf(owner).measured = share;
      for (const { owner, provider, runs, ns } of sums(measured)) {
        if (runs >= MIN_RUNS) learntOf(owner ?? FRAME).runNs.set(provider, ns / runs);
      }
      return shares;
    },
    forget: (owner) => {
      byOwner.delete(owner);
    },
  };
};

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
