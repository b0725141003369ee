/**
 * What `sadf -j FILE -- -A` prints: sysstat's history as JSON. Rates that our host sampler knows as counters become
 * those counters under our names, levels become our gauges, everything else is a gauge named after its place, for
 * example `sar.cpu-load.all.iowait`. Averages over minutes are left out.
 */
import { readFileSync } from 'node:fs';
import { metricOf, type Unreadable } from './long-csv.ts';
import { addPoint, createPoints, type ForeignHost, type PointTable } from './points.ts';

/** Rates per second that we count. */
const COUNTERS: Readonly<Record<string, string>> = {
  'paging.pgpgin': 'vm.pgpgin',
  'paging.pgpgout': 'vm.pgpgout',
  'paging.fault': 'vm.pgfault',
  'paging.majflt': 'vm.pgmajfault',
  'paging.pgscank': 'vm.pgscan_kswapd',
  'paging.pgscand': 'vm.pgscan_direct',
  'swap-pages.pswpin': 'vm.pswpin',
  'swap-pages.pswpout': 'vm.pswpout',
  'process-and-context-switch.proc': 'tasks.forked',
};

const LEVELS: Readonly<Record<string, string>> = {
  'memory.memfree': 'mem.free',
  'memory.avail': 'mem.available',
  'memory.cached': 'mem.cached',
  'memory.anonpg': 'mem.anon',
  'memory.slab': 'mem.slab',
  'memory.dirty': 'mem.dirty',
  'queue.blocked': 'tasks.blocked',
};

/** Fields that name a row of a list; the first that a row has. */
const NAMES = ['cpu', 'disk-device', 'iface', 'intr', 'filesystem', 'line', 'number', 'switch', 'fchost'];
const SMOOTHED = /^queue\.ldavg/;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const readSadf = (
  path: string,
): { readonly table: PointTable; readonly host: ForeignHost } | Unreadable => {
  let file: Json;
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return { line: 1, why: `it is not JSON: ${error.message}` };
    throw error;
  }
  const found = at(at(at(file, 'sysstat'), 'hosts'), '0');
  const statistics = at(found, 'statistics');
  if (!Array.isArray(statistics)) return { line: 1, why: 'it has no sysstat.hosts[0].statistics' };
  const table = createPoints();
  for (const entry of statistics as readonly Json[]) takeEntry(table, entry);
  if (table.times.length === 0) return { line: 1, why: 'it has no statistics with a time' };
  return { table, host: hostOf(found) };
};

const at = (value: Json, key: string): Json =>
  value !== null && typeof value === 'object' ? ((value as Record<string, Json>)[key] ?? null) : null;

const hostOf = (host: Json): ForeignHost => {
  const text = (key: string): string => String(at(host, key) ?? 'unknown').slice(0, 256);
  return {
    hostname: text('nodename'),
    kernel: text('release'),
    arch: text('machine'),
    cpus: Math.max(0, Math.trunc(Number(at(host, 'number-of-cpus')) || 0)),
  };
};

const takeEntry = (table: PointTable, entry: Json): void => {
  const stamp = at(entry, 'timestamp');
  const zone = at(stamp, 'utc') === 1 ? 'Z' : '';
  const realMs = Date.parse(`${String(at(stamp, 'date'))}T${String(at(stamp, 'time'))}${zone}`);
  const seconds = Number(at(stamp, 'interval'));
  if (!Number.isFinite(realMs) || entry === null || typeof entry !== 'object') return;
  for (const [group, value] of Object.entries(entry)) {
    if (group === 'timestamp') continue;
    for (const [path, number] of leavesOf(value, group)) {
      if (SMOOTHED.test(path)) continue;
      const counter = COUNTERS[path];
      const metric = counter ?? LEVELS[path] ?? metricOf(`sar.${path}`);
      if (metric === null || (counter !== undefined && !(seconds > 0))) continue;
      const told = counter === undefined ? number : number * seconds;
      addPoint(table, {
        realMs,
        metric,
        value: told,
        kind: counter === undefined ? 'gauge' : 'delta',
        pid: null,
        comm: null,
      });
    }
  }
};

function* leavesOf(value: Json, path: string): Generator<readonly [string, number]> {
  if (typeof value === 'number') yield [path, value];
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const name = NAMES.map((key) => at(item, key)).find((one) => one !== null) ?? index;
      yield* leavesOf(item, `${path}.${String(name)}`);
    }
    return;
  }
  for (const [key, item] of Object.entries(value))
    if (!NAMES.includes(key)) yield* leavesOf(item, `${path}.${key}`);
}
