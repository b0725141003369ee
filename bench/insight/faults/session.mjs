// A fault-injection case as the session that an import of it makes. Others write their tables in different ways: services are
// processes or words in the name of a metric, and CPU is a level or what was used in each interval.
import { createSession, foldInto } from '../../../dist/session/session.js';

const START_US = 1_000_000_000;
const NO_COST = { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };

const isCpu = ({ metric }) => metric.startsWith('cpu');

/** How each series of a case is written: its metric, whose it is, and whether it counts or is a level. */
export const FORMS = {
  'levels of processes': (one) => ({ id: one.metric, pid: one.pid, kind: 'gauge' }),
  'CPU counted, of processes': (one) => ({
    id: one.metric,
    pid: one.pid,
    kind: isCpu(one) ? 'counter' : 'gauge',
  }),
  'levels of the host': (one) => ({ id: `${one.service}_${one.metric}`, pid: null, kind: 'gauge' }),
};

export const sessionOf = ({ series, ticks }, form, intervalMs = 1000) => {
  const written = series.map((one) => ({ ...one, ...form(one), sum: 0 }));
  const header = {
    type: 'header',
    format: 'stallscope-recording',
    version: 1,
    tool: { name: 'stallscope', version: '0' },
    host: { hostname: 'shop', kernel: 'unknown', arch: 'unknown', cpus: 0, memoryBytes: 0 },
    bpftrace: null,
    clock: { bootUs: START_US, realMs: 1.7e12 },
    intervalMs,
    mapKeys: series.length,
    selection: { pids: [], comm: null, command: null },
    imported: { from: 'csv', notes: [] },
    probes: [{ id: 'import', variant: 'import', state: 'attached' }],
    metrics: [...new Map(written.map((one) => [one.id, one])).values()].map(({ id, pid, kind }) => ({
      ...{ id, kind, unit: 'count', label: id, help: id },
      probe: pid === null ? 'host' : 'import',
      scope: pid === null ? 'host' : 'pid',
    })),
  };
  const session = createSession(header);
  const owners = new Map(written.flatMap(({ pid, service }) => (pid === null ? [] : [[pid, service]])));
  for (const [pid, comm] of owners)
    foldInto(session, { type: 'process', bootUs: START_US, pid, startMs: 10, comm });
  for (let seq = 0; seq < ticks; seq += 1) foldInto(session, sampleOf(written, seq, intervalMs));
  return session;
};

const sampleOf = (written, seq, intervalMs) => {
  const [counters, host] = [{}, {}];
  for (const one of written) {
    const value = valueAt(one, seq);
    if (Number.isNaN(value)) continue;
    if (one.pid === null) host[one.id] = value;
    else counters[one.id] = [...(counters[one.id] ?? []), [one.pid, value]];
  }
  return {
    ...{ type: 'sample', seq, epoch: 0, counted: true, full: false, counters, host, self: NO_COST },
    bootUs: START_US + (seq + 1) * intervalMs * 1000,
  };
};

/** A counter goes on from what it was; a hundredth of a unit is its unit. */
const valueAt = (one, seq) => {
  const value = one.values[seq];
  if (one.kind === 'gauge' || Number.isNaN(value)) return value;
  one.sum += Math.round(value * 100);
  return one.sum;
};

export const tickOf = (bootUs, intervalMs = 1000) =>
  Math.round((bootUs - START_US) / (intervalMs * 1000)) - 1;

/** Whose a series is, as a case calls it; a metric of the host bears the name of the service. */
export const serviceOf = (identity, { series }) =>
  identity === null || identity === undefined
    ? null
    : (identity.comm ??
      series.find(({ service, metric }) => identity.metric === `${service}_${metric}`)?.service ??
      null);
