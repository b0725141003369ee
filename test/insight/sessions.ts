/** Small sessions for the insight: a tracer that counts what a script says, tick by tick. */
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import type { Watch } from '../../src/insight/watch.ts';
import { createSession, type Session } from '../../src/session/session.ts';
import { headerOf, START_US, sessionAfter } from '../helpers/stream.ts';

/** Metric to PID to amount in this tick; of the host metric to amount (counter) or level (gauge). */
export type Tick = {
  readonly pids?: Readonly<Record<string, Readonly<Record<number, number>>>>;
  readonly host?: Readonly<Record<string, number>>;
  /** Metric to control group to amount, or level. */
  readonly cgroups?: Readonly<Record<string, Readonly<Record<number, number>>>>;
};

const NO_COST: SampleRecord['self'] = {
  cpuMs: 0,
  rssBytes: 0,
  tracerCpuMs: 0,
  tracerRssBytes: 0,
  mapBytes: 0,
};

export const pidMetric = (id: string, kind: MetricDescriptor['kind'] = 'counter'): MetricDescriptor => ({
  id,
  probe: 'iomap',
  scope: 'pid',
  kind,
  unit: 'count',
  label: id,
  help: id,
});

export const cgroupMetric = (id: string, kind: MetricDescriptor['kind'] = 'counter'): MetricDescriptor => ({
  ...pidMetric(id, kind),
  probe: 'host',
  scope: 'cgroup',
});

export const hostMetric = (id: string, kind: MetricDescriptor['kind'] = 'counter'): MetricDescriptor => ({
  ...pidMetric(id, kind),
  probe: 'host',
  scope: 'host',
});

/** The records of a script: amounts become cumulative counts, as a tracer would say them. */
export const recordsOf = (
  ticks: readonly Tick[],
  metrics: readonly MetricDescriptor[],
  names: Readonly<Record<number, string>> = {},
): StreamRecord[] => {
  const kinds = new Map(metrics.map(({ id, kind }) => [id, kind]));
  const sums = new Map<string, number>();
  const reported = (metric: string, key: string, amount: number): number => {
    if (kinds.get(metric) === 'gauge') return amount;
    const sum = (sums.get(key) ?? 0) + amount;
    sums.set(key, sum);
    return sum;
  };
  const tableOf = (table: Readonly<Record<string, Readonly<Record<number, number>>>>) =>
    Object.fromEntries(
      Object.entries(table).map(([metric, amounts]) => [
        metric,
        Object.entries(amounts).map(([key, amount]) => [
          Number(key),
          reported(metric, `${metric} ${key}`, amount),
        ]),
      ]),
    );
  const processes = Object.entries(names).map(
    ([pid, comm]): StreamRecord => ({
      type: 'process',
      bootUs: START_US,
      pid: Number(pid),
      startMs: 10,
      comm,
    }),
  );
  const samples = ticks.map(
    ({ pids = {}, host = {}, cgroups = {} }, seq): StreamRecord => ({
      type: 'sample',
      seq,
      bootUs: START_US + (seq + 1) * 1e6,
      epoch: 0,
      counted: true,
      full: false,
      counters: tableOf(pids),
      host: Object.fromEntries(
        Object.entries(host).map(([metric, amount]) => [metric, reported(metric, metric, amount)]),
      ),
      cgroups: tableOf(cgroups),
      self: NO_COST,
    }),
  );
  return [...processes, ...samples];
};

export type Watched = Session & { readonly watch: Watch };

export const watched = ({ watch, ...session }: Session): Watched => {
  if (watch === null) throw new Error('nobody watches');
  return { ...session, watch };
};

export const watchedAfter = (
  records: readonly StreamRecord[],
  metrics: readonly MetricDescriptor[],
  freezeAfterMs?: number,
  ownPid?: number,
): Watched => {
  const header = {
    ...headerOf(),
    tool: { ...headerOf().tool, pid: ownPid },
    metrics,
    host: { hostname: 'h', kernel: 'k', arch: 'a', cpus: 2, memoryBytes: 8 * 2 ** 30 },
  };
  return watched(sessionAfter(records, header, createSession(header, { freezeAfterMs })));
};

/** Names and suspects of what was recognised. */
export const namedIn = ({ state, watch }: Watched): string[] =>
  findingsOf(watch.cases, state).map(({ id, suspect }) => `${id} ${suspect?.comm}`);
