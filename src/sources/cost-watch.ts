/**
 * Measures, once a second, what each probe costs those who run into its events, and asks the budget what to do about
 * it. Only a window of the second is measured (`WINDOW_MS`), because measuring costs as well; what happens there is
 * taken for the whole. Nothing is measured while no tracer is attached, and nothing costs then.
 */
import { costByOwner, type ProgramCost } from '../core/cost.ts';
import type { ProbeInUse, SelfCost } from '../core/record.ts';
import type { Budget } from '../session/ports.ts';
import type { Supervisor } from './supervisor.ts';

const EVERY_MS = 1_000;
const WINDOW_MS = 100;
/** A CPU's work is known to 10 ms; over less time than this its share would be noise. */
const MIN_BUSY_SPAN_MS = 500;

export type CostWatch = {
  /** Called with a probe that must change, as it will be. */
  onStep(listener: (probe: ProbeInUse) => void): void;
  start(): void;
  /** What a sample tells of it. */
  told(): Pick<SelfCost, 'probeMs'>;
  stop(): void;
};

export const createCostWatch = (
  budget: Budget | null,
  supervisor: Pick<Supervisor, 'tracerPid' | 'script' | 'probes'>,
  busyMs: () => number | null,
): CostWatch => {
  const probeMs = new Map<string, number>();
  let step: (probe: ProbeInUse) => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let measuredMs = 0;
  let busy: { readonly ms: number; readonly atMs: number } | null = null;
  let busyCpus = 1;

  const open = (): void => {
    const pid = supervisor.tracerPid();
    const script = supervisor.script();
    if (budget === null) return;
    if (supervisor.probes().every(({ state }) => state !== 'attached')) beCalm();
    if (pid === null || script === null || !budget.meter.begin()) {
      timer = setTimeout(open, EVERY_MS);
      return;
    }
    const before = budget.meter.read(pid);
    const openedMs = performance.now();
    timer = setTimeout(() => {
      const windowMs = performance.now() - openedMs;
      const after = budget.meter.read(pid);
      budget.meter.end();
      // A tracer that was replaced in between has taken its figures with it.
      if (supervisor.tracerPid() === pid) weigh(before, after, windowMs);
      timer = setTimeout(open, EVERY_MS - WINDOW_MS);
    }, WINDOW_MS);
  };

  /** With every probe let go there is nothing to measure, and nothing costs: time goes by all the same. */
  const beCalm = (): void => {
    const changed = budget?.observe({ atMs: performance.now(), shares: new Map(), busyCpus }) ?? null;
    if (changed !== null) step(changed);
  };

  const weigh = (before: readonly ProgramCost[], after: readonly ProgramCost[], windowMs: number): void => {
    const script = supervisor.script();
    if (budget === null || script === null) return;
    const nowMs = performance.now();
    const shares = new Map<string, number>(
      supervisor.probes().flatMap(({ id, state }) => (state === 'attached' ? [[id, 0]] : [])),
    );
    for (const [owner, ns] of costByOwner(script.programs, before, after, budget.isVirtual)) {
      shares.set(owner ?? 'frame', ns / 1e6 / windowMs);
    }
    const sinceMs = Math.min(nowMs - measuredMs, 2 * EVERY_MS);
    measuredMs = nowMs;
    for (const [id, share] of shares) probeMs.set(id, (probeMs.get(id) ?? 0) + share * sinceMs);
    noteBusy(nowMs);
    const changed = budget.observe({ atMs: nowMs, shares, busyCpus });
    if (changed !== null) step(changed);
  };

  const noteBusy = (nowMs: number): void => {
    const ms = busyMs();
    if (ms === null) return;
    if (busy !== null && ms !== busy.ms && nowMs - busy.atMs >= MIN_BUSY_SPAN_MS) {
      busyCpus = (ms - busy.ms) / (nowMs - busy.atMs);
      busy = { ms, atMs: nowMs };
    }
    busy ??= { ms, atMs: nowMs };
  };

  return {
    onStep: (listener) => {
      step = listener;
    },
    start: () => {
      measuredMs = performance.now();
      open();
    },
    told: () => {
      // Where nothing could be measured, nothing is known: that is not zero.
      if (probeMs.size === 0) return {};
      return {
        probeMs: Object.fromEntries([...probeMs].map(([id, ms]) => [id, Math.round(ms * 1000) / 1000])),
      };
    },
    stop: () => {
      clearTimeout(timer);
      budget?.meter.close();
    },
  };
};
