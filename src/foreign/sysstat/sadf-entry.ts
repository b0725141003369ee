/**
 * An entry of sysstat's history, as sadf writes it: rates that our host sampler knows as counters become those counters
 * under our names, levels become our gauges, everything else is a gauge named after its place, for example
 * `sar.cpu-load.all.iowait`. Averages over minutes are left out.
 */
import { own } from '../own.ts';
import { addMark, addPoint, leaveOut, type PointTable, setSpan } from '../point-table.ts';
import { readStamp } from '../stamp.ts';
import { UTC, type Zone, zoneOf } from '../zone.ts';
import { at, type Json } from './json.ts';
import type { SadfClock, SadfZone, Stamp } from './sadf-clock.ts';

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

/** Shares of an interval in which somebody waited: 1 % is 10 ms in a second. */
const PRESSURES: Readonly<Record<string, string>> = {
  'psi.psi-cpu.some_avg': 'psi.cpu.some_us',
  'psi.psi-io.some_avg': 'psi.io.some_us',
  'psi.psi-io.full_avg': 'psi.io.full_us',
  'psi.psi-mem.some_avg': 'psi.memory.some_us',
  'psi.psi-mem.full_avg': 'psi.memory.full_us',
};
const US_PER_PERCENT = 10_000;

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

/** null when the entry was taken, or left out with a word; otherwise why the file cannot be. */
export const takeEntry = (table: PointTable, clock: SadfClock, entry: Json, place: number): string | null => {
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
    const times = (paths.get(path) ?? 0) + 1;
    paths.set(path, times);
    const why = addReading(table, {
      ...{ path, times, value, place, realUs: placed.realUs },
      spanS: placed.spansInterval ? stamp.intervalS : null,
    });
    if (why !== null) return why;
  }
  return null;
};

export type Reading = {
  /** `paging.majflt`, `disk.sda.tps` */
  readonly path: string;
  /** A list may have the same name twice, such as a file system that is mounted over itself: which of them it is, from 1. */
  readonly times: number;
  readonly value: number;
  readonly realUs: number;
  /** What rates are over; null when that is not known. */
  readonly spanS: number | null;
  readonly place: number;
};

/** null when it was taken, or left out with a word; otherwise why the file cannot be. */
export const addReading = (
  table: PointTable,
  { path, times, value, realUs, spanS, place }: Reading,
): string | null => {
  if (SMOOTHED.test(path)) return null;
  const pressure = own(PRESSURES, path);
  const counter = pressure ?? own(COUNTERS, path);
  const each = pressure === undefined ? 1 : US_PER_PERCENT;
  if (counter !== undefined && spanS === null) return null;
  return addPoint(table, {
    realUs,
    metric: counter ?? own(LEVELS, path) ?? `sar.${path}${times === 1 ? '' : `.${times}`}`,
    value: counter === undefined ? value : Math.max(0, value) * each * (spanS ?? 0),
    kind: counter === undefined ? 'gauge' : 'delta',
    pid: null,
    comm: null,
    place,
  });
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

/** Restarts and comments, where their time can be known; they are in no order with the entries. */
export const markEntry = (table: PointTable, entry: Json, zone: Zone | null, text: string): void => {
  const stamp = stampOf({ timestamp: entry });
  if (stamp === null || typeof stamp === 'string') {
    leaveOut(table, 'restarts and comments without a time');
    return;
  }
  const own = stamp.zone !== null && 'instants' in stamp.zone ? stamp.zone : (zone ?? UTC);
  const [realUs] = own.instants(stamp.localUs);
  if (realUs !== undefined) addMark(table, realUs, text);
};

/** Up to 12.6 it says whether a time is UTC; later the zone's abbreviation. */
const zoneNamed = (utc: Json, tz: Json): SadfZone => {
  if (utc === 1 || utc === '1' || utc === true) return zoneOf('UTC');
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
