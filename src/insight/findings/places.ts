/** Reads the measures of devices and wait channels from what the host and the probes counted. */
import { rateOf } from '../../core/rate.ts';
import type { SessionState } from '../../core/state.ts';
import { isOfLast } from '../../core/stretch.ts';
import { isStacked, keyOf, type Place, type PlaceReading } from './place.ts';
import { readPrograms } from './programs.ts';
import { amountIn, type Readings } from './reading-state.ts';
import { smooth } from './smooth.ts';

/** To be called when processes and the host have been read. */
export const readPlaces = (readings: Readings, state: SessionState): void => {
  for (const { now } of readings.places.values()) now.clear();
  readDevices(readings, state);
  readChannels(readings, state);
  readPrograms(readings, state);
};

const reading = ({ places }: Readings, place: Place): PlaceReading => {
  const key = keyOf(place);
  const known = places.get(key) ?? { place, rates: new Map(), now: new Map(), pids: [] };
  places.set(key, known);
  return known;
};

/** Column of a disk to the measures that it is a part of. */
const PART_NAMES: Readonly<Record<string, readonly string[]>> = {
  reads: ['device.requests'],
  writes: ['device.requests'],
  discards: ['device.requests', 'device.discards'],
  flushes: ['device.requests'],
  read_bytes: ['device.bytes'],
  write_bytes: ['device.bytes'],
  busy_ms: ['device.busy_ms', 'device.busy_s'],
  queue_ms: ['device.queue_ms'],
};
const PARTS = new Map(Object.entries(PART_NAMES));

/** What sysstat reports of a disk is a mean rate already: to what, and what one of it is per second. */
const RATE_NAMES: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  tps: [['device.requests', 1]],
  rkB: [['device.bytes', 1024]],
  wkB: [['device.bytes', 1024]],
  // Up to 11.x in sectors.
  rd_sec: [['device.bytes', 512]],
  wr_sec: [['device.bytes', 512]],
  dkB: [['device.discards', 1]],
  'aqu-sz': [['device.queue_ms', 1000]],
  'avgqu-sz': [['device.queue_ms', 1000]],
  'util-percent': [
    ['device.busy_ms', 10],
    ['device.busy_s', 0.01],
  ],
};
const RATES = new Map(Object.entries(RATE_NAMES));
const REPORTED = 'sar.disk.';

/** Devices that were imported as sysstat reports them; those that have counters too are read by those. */
const readReported = (readings: Readings, state: SessionState, isRead: boolean): void => {
  const devices = new Map<string, Map<string, number>>();
  for (const [metric, { last }] of state.host) {
    if (!metric.startsWith(REPORTED)) continue;
    const end = metric.lastIndexOf('.');
    const device = metric.slice(REPORTED.length, end);
    if (state.host.has(`disk.${device}.busy_ms`)) continue;
    const counted = devices.get(device) ?? new Map<string, number>();
    devices.set(device, counted);
    for (const [part, each] of RATES.get(metric.slice(end + 1)) ?? [])
      counted.set(part, (counted.get(part) ?? 0) + last * each);
  }
  for (const [name, counted] of devices) {
    const { rates, now } = reading(readings, { kind: 'device', name });
    for (const [metric, perSecond] of counted) {
      if (isRead) smooth(rates, metric, perSecond);
      now.set(metric, amountIn(readings.now, perSecond));
    }
  }
};

const readDevices = (readings: Readings, state: SessionState): void => {
  const { intervalUs } = state.hostRead;
  if (intervalUs === 0) return;
  const isRead = isOfLast(state.hostRead, state);
  if (state.header.imported !== undefined) readReported(readings, state, isRead);
  const devices = new Map<string, Map<string, number>>();
  for (const [metric, { delta }] of state.host) {
    if (!metric.startsWith('disk.')) continue;
    const end = metric.lastIndexOf('.');
    const device = metric.slice('disk.'.length, end);
    const counted = devices.get(device) ?? new Map<string, number>();
    devices.set(device, counted);
    for (const part of PARTS.get(metric.slice(end + 1)) ?? [])
      counted.set(part, (counted.get(part) ?? 0) + delta / (part === 'device.busy_s' ? 1000 : 1));
  }
  const busyMs = (name: string): number => devices.get(name)?.get('device.busy_ms') ?? 0;
  const disks = [...devices.keys()].filter((name) => !isStacked({ kind: 'device', name }));
  const sumOf = (names: Iterable<string>, metric: string): number => {
    let sum = 0;
    for (const name of names) sum += devices.get(name)?.get(metric) ?? 0;
    return sum;
  };
  const all = { busyMs: sumOf(disks, 'device.busy_ms'), queueMs: sumOf(devices.keys(), 'device.queue_ms') };
  for (const [name, counted] of devices) {
    const place: Place = { kind: 'device', name };
    counted.set('device.all_queue_ms', all.queueMs);
    counted.set('device.elsewhere_ms', all.busyMs - (isStacked(place) ? 0 : busyMs(name)));
    const { rates, now } = reading(readings, place);
    for (const [metric, amount] of counted) {
      const perSecond = rateOf(amount, intervalUs);
      if (isRead) smooth(rates, metric, perSecond);
      now.set(metric, amountIn(readings.now, perSecond));
    }
  }
};

const IO = 'blocked.io_ns';

/** Only of a tick in which processes were read; a channel that nobody waits in any more is none. */
const readChannels = (readings: Readings, state: SessionState): void => {
  if (readings.now.us === 0) return;
  const waiting = new Map((state.waits?.channels ?? []).map((one) => [one.name, one]));
  for (const [key, { place }] of readings.places)
    if (place.kind === 'channel' && !waiting.has(place.name)) readings.places.delete(key);
  const isIoCounted = state.metrics.has(IO) && !state.uncounted.has(IO);
  for (const { name, threads, pids } of waiting.values()) {
    const channel = reading(readings, { kind: 'channel', name });
    channel.pids = pids;
    const add = (into: Map<string, number>, metric: string, from: ReadonlyMap<string, number> | undefined) =>
      into.set(`waits.${metric}`, (into.get(`waits.${metric}`) ?? 0) + (from?.get(`blocked.${metric}`) ?? 0));
    channel.rates.clear();
    channel.rates.set('waits.threads', threads);
    for (const pid of pids) {
      const entity = state.owners.get(pid);
      if (entity === undefined) continue;
      for (const metric of isIoCounted ? ['ns', 'io_ns'] : ['ns']) {
        add(channel.rates, metric, readings.processes.get(entity));
        add(channel.now, metric, readings.now.processes.get(entity));
      }
    }
  }
};
