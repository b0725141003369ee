/** What can drive what: the table, the ways through it, and what they are worth where something happened once. */
import { describe, expect, it } from 'vitest';
import { correlate } from '../../src/insight/correlate.ts';
import { MECHANISMS, SIGNS } from '../../src/insight/mechanisms.ts';
import { bearingOf, type Machine, type Origin, signOf } from '../../src/insight/routes.ts';
import type { SeriesIdentity, Spike } from '../../src/insight/series.ts';
import { sceneOf, suspectsOf } from '../../src/insight/suspects.ts';
import { spikeOf } from './spikes.ts';

const of = (metric: string, pid: number | null = null): SeriesIdentity => ({
  metric,
  kind: 'counter',
  unit: 'count',
  pid,
  startMs: pid,
  comm: pid === null ? null : `p${pid}`,
});

const UNKNOWN: Origin = { pid: null, ppid: null, cgroup: null, devices: null };
const machine = (origins: Readonly<Record<number, Partial<Origin>>> = {}): Machine => ({
  originOf: ({ pid }) => ({ ...UNKNOWN, ...origins[pid ?? -1], pid }),
  intervalMs: 1000,
});
const bearing = (from: SeriesIdentity, to: SeriesIdentity, lagTicks: number, on = machine()) =>
  bearingOf({ from, to, lagTicks }, on);

describe('the table of mechanisms', () => {
  it('uses every sign, and names its sources', () => {
    const signs = new Set(SIGNS.map(([, sign]) => sign));
    for (const { from, to, source } of MECHANISMS) {
      expect(signs, `${from} → ${to}`).toContain(from);
      expect(signs, `${from} → ${to}`).toContain(to);
      expect(source).toMatch(/\.[ch]\b/);
    }
    for (const sign of signs)
      expect(MECHANISMS.some(({ from, to }) => from === sign || to === sign)).toBe(true);
  });

  it('knows the signals of probes and host, and leaves those that developers count', () => {
    expect(signOf('faults.read_bytes')).toBe('reads');
    expect(signOf('disk.nvme0n1.queue_ms')).toBe('device queue');
    expect(signOf('psi.memory.some_us')).toBe('waits for memory');
    expect(signOf('count.requests')).toBeNull();
  });
});

describe('whether one can drive the other', () => {
  const reads = of('faults.read_bytes', 7);

  it('goes from a reader by way of reclaim to those who fault', () => {
    expect(bearing(reads, of('faults.major', 8), 12)).toMatchObject({
      kind: 'drives',
      route: ['reads', 'page cache', 'reclaim', 'page faults'],
    });
  });

  it('takes time: what waits for a disk does not wait for what was synced half a minute ago', () => {
    const [syncs, waits] = [of('sync.calls', 7), of('blocked.ns', 8)];
    expect(bearing(syncs, waits, 3).route).toEqual(['syncs', 'uninterruptible sleep']);
    const searches = of('iomap.seek_hole', 7);
    expect(bearing(searches, waits, 3).kind).toBe('drives');
    expect(bearing(searches, waits, 30).kind).toBe('none');
  });

  it('does not go from one disk to another, nor out of a control group with a limit', () => {
    const apart = machine({ 7: { devices: new Set(['sda']) }, 8: { devices: new Set(['sdb']) } });
    const searches = of('iomap.seek_hole', 7);
    expect(bearing(searches, of('blocked.ns', 8), 2, apart).kind).toBe('none');
    expect(bearing(reads, of('disk.sdb.queue_ms'), 1, apart).kind).not.toBe('drives');
    expect(bearing(reads, of('disk.sda.queue_ms'), 1, apart).kind).toBe('drives');
    const limited = of('kswapd.memcg_reclaim_ns', 8);
    const groups = machine({ 7: { cgroup: '/a' }, 8: { cgroup: '/b' } });
    expect(bearing(reads, limited, 2, groups).kind).toBe('none');
    expect(bearing(reads, limited, 2, machine({ 7: { cgroup: '/b' }, 8: { cgroup: '/b' } })).kind).toBe(
      'drives',
    );
  });

  it('knows who is rather driven, and what is the same', () => {
    // Who reads back what it lost does so because it faulted.
    expect(bearing(of('faults.read_bytes', 8), of('faults.major', 8), 0).kind).toBe('driven');
    expect(bearing(of('psi.io.full_us'), of('psi.io.some_us'), 0).kind).toBe('same');
    expect(bearing(of('blocked.ns', 8), of('faults.major', 9), 2).kind).toBe('driven');
  });
});

const spike = (series: number, identity: SeriesIdentity, tick: number, score: number): Spike =>
  spikeOf(series, tick, { identity, score, endTick: tick + 8 });

describe('a failure that was seen once', () => {
  // The symptom, and before it what did it and three that were as loud or louder.
  const spikes = [
    spike(1, of('faults.read_bytes', 7), 500, 6),
    spike(2, of('inode.create', 9), 485, 6.5),
    spike(3, of('count.batches', 10), 496, 6.2),
    spike(4, of('iomap.seek_hole', 11), 480, 7),
    spike(5, of('faults.major', 8), 508, 9),
  ];
  const first = (on: Machine | null) =>
    suspectsOf(5, sceneOf(spikes, 2700, correlate(spikes, 2700, 3), on))[0];

  it('has a suspect that chance cannot distinguish, and mechanisms can', () => {
    expect(first(null)?.series).toBe(4);
    expect(first(machine())).toMatchObject({ series: 1, matched: 1, physics: { kind: 'drives', covers: 1 } });
  });
});
