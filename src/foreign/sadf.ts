/**
 * What `sadf -j FILE -- -A` prints: sysstat's history as JSON. Rates that our host sampler knows as counters become
 * those counters under our names, levels become our gauges, everything else is a gauge named after its place, for
 * example `sar.cpu-load.all.iowait`. Averages over minutes are left out.
 */
import type { ForeignHost } from './foreign-recording.ts';
import {
  addPoint,
  createPoints,
  leaveOut,
  type PointTable,
  setSpan,
  type Unreadable,
} from './point-table.ts';
import { createSadfClock, type SadfClock, type SadfZone, type Stamp } from './sadf-clock.ts';
import { settle } from './settle.ts';
import { readStamp } from './stamp.ts';
import { type Zone, zoneOf } from './zone.ts';

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

/** Fields that name a row of a list. A row that has several needs all of them. */
const NAMES: readonly string[] = [
  'cpu',
  'disk-device',
  'iface',
  'intr',
  'filesystem',
  'mountpoint',
  'line',
  'number',
  'bus_number',
  'switch',
  'fchost',
];
const SMOOTHED = /^queue\.ldavg/;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `zone` is what times are in that name none. */
export const readSadf = (
  text: string,
  zone: Zone | null,
): { readonly table: PointTable; readonly host: ForeignHost } | Unreadable => {
  let file: Json;
  try {
    file = JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return { where: 'line 1', why: `it is not JSON: ${error.message}` };
    throw error;
  }
  const hosts = at(at(file, 'sysstat'), 'hosts');
  const found = at(hosts, '0');
  const statistics = at(found, 'statistics');
  if (!Array.isArray(statistics)) return { where: 'line 1', why: 'it has no sysstat.hosts[0].statistics' };
  const table = createPoints('entry');
  if (Array.isArray(hosts) && hosts.length > 1)
    leaveOut(table, 'hosts after the first; import one host at a time', hosts.length - 1);
  const clock = createSadfClock(zone, table.notes);
  for (const [index, entry] of (statistics as readonly Json[]).entries()) {
    const why = takeEntry(table, clock, entry, index + 1);
    if (why !== null) return { where: `entry ${index + 1}`, why };
  }
  if (table.times.us.length === 0) return { where: 'line 1', why: 'it has no statistics with a time' };
  return settle(table) ?? { table, host: hostOf(found) };
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

/** null when the entry was taken, or left out with a word; otherwise why the file cannot be. */
const takeEntry = (table: PointTable, clock: SadfClock, entry: Json, place: number): string | null => {
  const stamp = stampOf(entry);
  if (typeof stamp === 'string') return stamp;
  if (stamp === null || entry === null || typeof entry !== 'object') {
    leaveOut(table, 'entries without a time');
    return null;
  }
  const placed = clock.place(stamp);
  if (typeof placed === 'string') return placed;
  if (placed.realUs === null) {
    leaveOut(table, 'entries from after the clock was set back, up to the time it had reached');
    return null;
  }
  if (!placed.spansInterval) leaveOut(table, 'entries whose interval cannot be, without their rates');
  else setSpan(table, placed.realUs, stamp.intervalS * 1e6);
  const paths = new Map<string, number>();
  for (const [path, value] of leavesOf(entry)) {
    if (SMOOTHED.test(path)) continue;
    const counter = COUNTERS[path];
    if (counter !== undefined && !placed.spansInterval) continue;
    const times = (paths.get(path) ?? 0) + 1;
    paths.set(path, times);
    // A list may have the same name twice, such as a file system that is mounted over itself.
    const metric = counter ?? LEVELS[path] ?? `sar.${path}${times === 1 ? '' : `.${times}`}`;
    const why = addPoint(table, {
      realUs: placed.realUs,
      metric,
      value: counter === undefined ? value : Math.max(0, value) * stamp.intervalS,
      kind: counter === undefined ? 'gauge' : 'delta',
      pid: null,
      comm: null,
      place,
    });
    if (why !== null) return why;
  }
  return null;
};

/** null when it has no time, otherwise its time, or why that cannot be read. */
const stampOf = (entry: Json): Stamp | string | null => {
  const timestamp = at(entry, 'timestamp');
  const [date, time, tz] = [at(timestamp, 'date'), at(timestamp, 'time'), at(timestamp, 'tz')];
  if (date === null || time === null) return null;
  const wall = `${String(date)} ${String(time)}`;
  const local = readStamp(wall);
  if (local?.kind !== 'local') return `"${wall}" is not a date and time`;
  return {
    text: wall,
    localUs: local.localUs,
    intervalS: Number(at(timestamp, 'interval')),
    zone: zoneNamed(at(timestamp, 'utc'), tz),
  };
};

/** Up to 12.6 it says whether a time is UTC; later the zone's abbreviation. */
const zoneNamed = (utc: Json, tz: Json): SadfZone => {
  if (utc === 1 || utc === true) return zoneOf('UTC');
  if (typeof tz !== 'string' || tz === '') return null;
  return zoneOf(tz) ?? { abbreviation: tz };
};

function* leavesOf(entry: object): Generator<readonly [string, number]> {
  for (const [group, value] of Object.entries(entry)) if (group !== 'timestamp') yield* leaves(value, group);
}

function* leaves(value: Json, path: string): Generator<readonly [string, number]> {
  if (typeof value === 'number' && Number.isFinite(value)) yield [path, value];
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const names = NAMES.map((key) => at(item, key)).filter(
        (one) => one !== null && typeof one !== 'object',
      );
      yield* leaves(item, `${path}.${names.length === 0 ? index : names.join('.')}`);
    }
    return;
  }
  for (const [key, item] of Object.entries(value))
    if (!NAMES.includes(key)) yield* leaves(item, `${path}.${key}`);
}
