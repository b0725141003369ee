/**
 * Knows, about once a second, what each probe costs those who run into its events, and asks the budget what to do
 * about it. It estimates, from the counts of each sample (budget/estimate.ts); now and then it has the kernel measure
 * for `WINDOW_MS` (budget/windows.ts says when), which teaches the estimate, and confirms it. Without a meter it only estimates. While no tracer is attached nothing costs.
 */

import type { CostBasis, ProbeInUse, SelfCost } from '../core/record.ts';
import type { Budget, TracerScript } from '../session/ports.ts';
import { costsBetween, type Measured } from './cost.ts';
import { createCostEstimate, type Shares } from './estimate.ts';
import { type CostNow, createCostWindows } from './windows.ts';

const EVERY_MS = 1_000;
/** Samples of an interval of a second come a little early or late. */
const ENOUGH_MS = 0.8 * EVERY_MS;
const WINDOW_MS = 100;
/**
 * One that finds far more than was estimated stays open for a whole second: it may have met a burst, and to be sure of
 * that by more windows would take half a minute of a load that costs more than it may.
 */
const LONG_WINDOW_MS = 900;
const SURPRISE = 3;
/**
 * Samples come by the clock, and so does some load: windows that always began with a sample would always meet the same
 * part of it. So they begin at a moment drawn at random, unless it is urgent.
 */
const LOT_MS = 700;
/** A CPU's work is known to 10 ms; over less time than this its share would be noise. */
const MIN_BUSY_SPAN_MS = 500;

export type CostWatch = {
  /** Called with the probes that must change, as they will be. */
  onStep(listener: (probes: readonly ProbeInUse[]) => void): void;
  start(): void;
  /** The tracer was read: what each metric has grown by since the last time, and how long the CPUs have worked so far. */
  counted(grown: ReadonlyMap<string, number>, busyMs: number | null): void;
  /** A tracer has attached and counts from zero. */
  restart(): void;
  /** What a sample says of it. */
  report(): Pick<SelfCost, 'probeMs' | 'probeMsBy' | 'probeMsUnsure'>;
  stop(): void;
};

/** Whose cost it is. */
export type Traced = {
  tracerPid(): number | null;
  script(): TracerScript | null;
  probes(): readonly ProbeInUse[];
};

export const createCostWatch = (budget: Budget | null, supervisor: Traced): CostWatch => {
  if (budget === null) return IDLE;
  const { meter, processor } = budget;
  const estimate = createCostEstimate(processor);
  const busy = createBusy();
  let windows = createCostWindows(performance.now());
  const probeMs = new Map<string, number>();
  let basis: CostBasis = 'estimated';
  let step: (probes: readonly ProbeInUse[]) => void = () => undefined;
  let beat: NodeJS.Timeout | undefined;
  let window: NodeJS.Timeout | undefined;
  let grown = new Map<string, number>();
  /** Since when it has grown so. */
  let sinceMs = performance.now();
  let lastTotal = 0;
  /** One that is being replaced counts to its end. */
  let script: TracerScript | null = null;

  const read = (): void => {
    const nowMs = performance.now();
    const spanMs = nowMs - sinceMs;
    if (script === null || window !== undefined || spanMs < ENOUGH_MS) return;
    sinceMs = nowMs;
    const shares = withAllProbes(estimate.of(script.runs, grown, spanMs));
    grown = new Map();
    const confirmed = (isMeasured: boolean): void =>
      isMeasured
        ? settle(withAllProbes(estimate.again()), spanMs, 'measured')
        : settle(shares, spanMs, 'estimated');
    if (measure(totalOf(shares), false, confirmed)) return;
    settle(shares, spanMs, 'estimated');
  };

  const settle = (shares: Shares, spanMs: number, by: CostBasis): void => {
    for (const [id, share] of shares) probeMs.set(id, (probeMs.get(id) ?? 0) + share * spanMs);
    if (by === 'measured') basis = by;
    lastTotal = totalOf(shares);
    judge(shares, by);
  };

  const judge = (shares: Shares, by: CostBasis): void => {
    // One that was asked to go has had its last word.
    if (supervisor.tracerPid() === null && shares.size > 0) return;
    const changed = budget.observe({ atMs: performance.now(), shares, busyCpus: busy.cpus(), by });
    if (changed.length === 0) return;
    for (const { id } of changed) estimate.forget(id);
    step(changed);
  };

  /** Opens a window if one is wanted; whether it could measure, or the tracer went away meanwhile, is reported later. */
  const measure = (total: number, isBlind: boolean, done: (isMeasured: boolean) => void): boolean => {
    const pid = supervisor.tracerPid();
    if (meter === null || budget.share === null || pid === null || window !== undefined) return false;
    const busyCpus = busy.cpus();
    const now = {
      atMs: performance.now(),
      total,
      limit: budget.share * Math.max(1, busyCpus),
      busyCpus,
      isBlind,
    };
    if (!windows.wants(now)) return false;
    const waitMs = now.total > now.limit ? 0 : Math.random() * LOT_MS;
    window = setTimeout(() => open(pid, now, done), waitMs);
    return true;
  };

  const open = (pid: number, now: CostNow, done: (isMeasured: boolean) => void): void => {
    window = undefined;
    if (meter === null || supervisor.tracerPid() !== pid) {
      done(false);
      return;
    }
    windows.began({ ...now, atMs: performance.now() });
    // Read outside of the window: reading opens files, which is what some probes trace.
    const before = meter.read(pid);
    if (!meter.begin()) {
      done(false);
      return;
    }
    const openedMs = performance.now();
    const close = (isLong: boolean): void => {
      const windowMs = performance.now() - openedMs;
      const isThere = script !== null && supervisor.tracerPid() === pid;
      const read = (): readonly Measured[] =>
        script === null ? [] : costsBetween(script.programs, before, meter.read(pid), processor);
      if (!isLong && isThere && isSurprise(read(), windowMs, now)) {
        window = setTimeout(() => close(true), LONG_WINDOW_MS - windowMs);
        return;
      }
      meter.end();
      window = undefined;
      // A tracer that was replaced in between has taken its figures with it.
      if (isThere) windows.measured(estimate.learn(read(), windowMs));
      done(isThere);
    };
    window = setTimeout(() => close(false), WINDOW_MS);
  };

  const withAllProbes = (shares: Shares): Shares => {
    const attached = supervisor.probes().filter(({ state }) => state === 'attached');
    return new Map([...attached.map(({ id }): [string, number] => [id, 0]), ...shares]);
  };

  const tick = (): void => {
    if (supervisor.probes().every(({ state }) => state !== 'attached')) {
      // With every probe dropped there is nothing to measure, and nothing costs: time goes by all the same.
      judge(new Map(), 'estimated');
    } else if (performance.now() - sinceMs > 2 * EVERY_MS) {
      // Samples come rarely, or a tracer is held up: what its programs cost is measured all the same.
      measure(lastTotal, true, (isMeasured) => {
        if (isMeasured) judge(withAllProbes(estimate.lasting()), 'measured');
      });
    }
  };

  return {
    onStep: (listener) => {
      step = listener;
    },
    start: () => {
      sinceMs = performance.now();
      windows = createCostWindows(sinceMs);
      beat = setInterval(tick, EVERY_MS);
    },
    counted: (by, busyMs) => {
      busy.note(busyMs);
      script = supervisor.script() ?? script;
      for (const [metric, more] of by) grown.set(metric, (grown.get(metric) ?? 0) + more);
      read();
    },
    restart: () => {
      grown = new Map();
      sinceMs = performance.now();
    },
    report: () => {
      // Where nothing is known yet, that is not zero.
      if (probeMs.size === 0) return {};
      const probeMsBy = basis;
      basis = 'estimated';
      const isUnsure = meter !== null && budget.share !== null && !windows.knows({ total: lastTotal });
      return {
        probeMs: Object.fromEntries([...probeMs].map(([id, ms]) => [id, Math.round(ms * 1000) / 1000])),
        probeMsBy,
        ...(isUnsure ? { probeMsUnsure: true } : {}),
      };
    },
    stop: () => {
      clearInterval(beat);
      clearTimeout(window);
      meter?.close();
    },
  };
};

const isSurprise = (measured: readonly Measured[], windowMs: number, { total, limit }: CostNow): boolean => {
  const share = measured.reduce((sum, { ns }) => sum + ns, 0) / 1e6 / windowMs;
  return total <= limit && share > limit / 2 && share > SURPRISE * total;
};

const IDLE: CostWatch = {
  onStep: () => undefined,
  start: () => undefined,
  counted: () => undefined,
  restart: () => undefined,
  report: () => ({}),
  stop: () => undefined,
};

const totalOf = (shares: Shares): number => [...shares.values()].reduce((sum, one) => sum + one, 0);

/** CPUs' worth of work going on, by the time all of them have worked. */
const createBusy = () => {
  let last: { readonly ms: number; readonly atMs: number } | null = null;
  let cpus = 1;
  return {
    cpus: () => cpus,
    note: (ms: number | null): void => {
      if (ms === null) return;
      const atMs = performance.now();
      if (last !== null && atMs - last.atMs < MIN_BUSY_SPAN_MS) return;
      if (last !== null) cpus = (ms - last.ms) / (atMs - last.atMs);
      last = { ms, atMs };
    },
  };
};
