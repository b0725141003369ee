/** An incident without a name: who did most of what hurts, or nobody; and what is reported as its signs. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { analyse } from '../../src/insight/analysis.ts';
import { blameFor } from '../../src/insight/culprit.ts';
import { explain } from '../../src/insight/explain.ts';
import type { Incident } from '../../src/insight/incidents.ts';
import { hostMetric, pidMetric, recordsOf, type Tick, type Watched, watchedAfter } from './sessions.ts';

const METRICS = [
  ...[
    'faults.read_bytes',
    'faults.write_bytes',
    'faults.major',
    'inode.create',
    'kswapd.direct_reclaims',
  ].map((id) => pidMetric(id)),
  pidMetric('proc.anon_bytes', 'gauge'),
  ...['proc.cpu_ms', 'proc.cpu_wait_ns', 'proc.child_cpu_ms', 'blocked.ns'].map((id) => pidMetric(id)),
  ...['disk.vda.busy_ms', 'disk.vda.queue_ms', 'tasks.forked'].map((id) => hostMetric(id)),
  ...[
    'psi.cpu.some_us',
    'psi.io.some_us',
    'psi.memory.some_us',
    'vm.pgscan_kswapd',
    'vm.pgpgin',
    'cpu.busy_ms',
  ].map((id) => hostMetric(id)),
  ...['mem.available', 'mem.writeback', 'zone.0.DMA.high', 'zone.0.Normal.low', 'zone.0.DMA.free'].map((id) =>
    hostMetric(id, 'gauge'),
  ),
];

const NAMES = { 10: 'kworker/u8:1', 20: 'bash', 30: 'etl', 40: 'shop' };
const QUIET_TICKS = 150;

const CALM = (at: number): Tick => ({
  pids: { 'proc.anon_bytes': { 30: 5e7, 40: 2e8 } },
  host: {
    'psi.cpu.some_us': 1_000 + (at % 7) * 10,
    'psi.io.some_us': 500 + (at % 5) * 10,
    'psi.memory.some_us': 100 + (at % 3) * 10,
    'disk.vda.busy_ms': 20 + (at % 5),
    'disk.vda.queue_ms': 30 + (at % 7),
    'tasks.forked': 5 + (at % 3),
    'vm.pgscan_kswapd': 50 + (at % 11),
    'cpu.busy_ms': 200 + (at % 3),
    'mem.available': 4_000_000 + (at % 9) * 500,
    'mem.writeback': 200 + (at % 4),
    'zone.0.DMA.high': 60,
    'zone.0.DMA.free': 2_000,
    'zone.0.Normal.low': 9_000,
  },
});

const sessionOf = (
  pids: Tick['pids'],
  host: Tick['host'],
  { quietTicks = QUIET_TICKS, metrics = METRICS } = {},
): Watched => {
  const ticks = Array.from({ length: quietTicks + 15 }, (_, at): Tick => {
    const { pids: usual, host: level } = CALM(at);
    if (at < quietTicks) return { pids: usual ?? {}, host: level ?? {} };
    return { pids: { ...usual, ...pids }, host: { ...level, ...host } };
  });
  const records = recordsOf(ticks, metrics, NAMES).map(
    (record): StreamRecord =>
      record.type === 'process'
        ? { ...record, ppid: record.pid === 10 ? 2 : 1, cmdline: record.comm }
        : record,
  );
  return watchedAfter(records, metrics);
};

const marksOf = (session: Watched) => explain(session).incidents();
const IO = {
  'psi.io.some_us': 700_000,
  'disk.vda.busy_ms': 990,
  'disk.vda.queue_ms': 9_000,
  'cpu.busy_ms': 1_900,
  'vm.pgscan_kswapd': 90_000,
  'tasks.forked': 400,
};

describe('an incident without a name', () => {
  it('names who did most of what hurts, by what and what share, though another was first and louder', () => {
    const session = sessionOf(
      {
        'faults.read_bytes': { 30: 9e8, 40: 4e6, 10: 5e7 },
        'inode.create': { 20: 4 },
        'faults.major': { 40: 900 },
      },
      IO,
    );
    const [mark] = marksOf(session);
    expect(mark?.suspect).toMatchObject({ pid: 30, metric: 'faults.read_bytes' });
    expect(mark?.suspect?.share).toBeGreaterThan(0.9);
    const { incidents } = analyse(session, { minScore: 3, symptom: null });
    expect(incidents[0]?.suspect).toMatchObject({ pid: 30 });
  });

  it('of a CPU hog that nothing counts names nobody, and says why', () => {
    const session = sessionOf(
      { 'inode.create': { 20: 3 }, 'faults.read_bytes': { 20: 40_000 }, 'faults.major': { 20: 2 } },
      { ...IO, 'psi.cpu.some_us': 900_000, 'psi.io.some_us': 90_000 },
      { metrics: METRICS.filter(({ id }) => !id.startsWith('proc.cpu')) },
    );
    const [mark] = marksOf(session);
    expect(mark).toBeDefined();
    expect(mark?.suspect).toBeNull();
    expect(mark?.nobody).toContain('CPU time is not counted');
  });

  it.each<[string, Tick['pids']]>([
    ['a kernel thread', { 'faults.read_bytes': { 10: 9e8 } }],
    ['one of many alike', { 'faults.read_bytes': { 20: 2e8, 30: 2e8, 40: 2e8 } }],
    ['those who only wait', { 'faults.major': { 40: 5_000 }, 'kswapd.direct_reclaims': { 40: 900 } }],
    ['one who did most of next to nothing', { 'faults.read_bytes': { 20: 400_000 } }],
    ['who makes most of the names while a disk is what hurts', { 'inode.create': { 20: 1_800 } }],
    [
      'two who did as much of different things',
      { 'faults.read_bytes': { 30: 9e8 }, 'faults.write_bytes': { 40: 8e8 } },
    ],
  ])('does not name %s', (_, pids) => {
    const [mark] = marksOf(sessionOf(pids, IO));
    expect(mark).toBeDefined();
    expect(mark?.suspect).toBeNull();
    // Nor is what a kernel thread did a proof of anything.
    expect(mark?.spikes.filter(({ pid }) => pid === 10)).toEqual([]);
  });

  it('where nobody waits longer than usual by much, nobody is named, whatever its share', () => {
    const growing = { 'proc.anon_bytes': { 30: 2e9 }, 'faults.read_bytes': { 30: 9e8 } };
    const [mark] = marksOf(
      sessionOf(growing, {
        ...IO,
        'psi.io.some_us': 20_000,
        'psi.memory.some_us': 3_000,
        'mem.available': 90_000,
      }),
    );
    expect(mark).toMatchObject({ suspect: null, nobody: 'little time was lost waiting for it' });
  });

  it('what hurts is a stall that was not there before, whether it was a surprise or not', () => {
    const reader = {
      metric: 'faults.read_bytes',
      kind: 'counter',
      unit: 'bytes',
      pid: 30,
      startMs: 1,
      comm: 'etl',
    } as const;
    const incident: Incident = {
      number: 0,
      startTick: 100,
      startUs: 100e6,
      endTick: 119,
      endUs: 119e6,
      spikes: [],
      weight: 30,
      candidates: [],
    };
    const ticks = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    const blame = (before: number, during: number) =>
      blameFor(incident, {
        hasPressure: true,
        countsCpu: true,
        imported: false,
        suffered: [],
        memoryBytes: 2 ** 33,
        deeds: ticks(100, 119).map((tick) => ({
          tick,
          metric: reader.metric,
          by: reader,
          amount: 9e8,
          ofAll: 1e9,
        })),
        waits: ticks(60, 119).map((tick) => ({
          tick,
          metric: 'psi.io.some_us',
          waitUs: tick < 100 ? before : during,
        })),
      });
    expect(blame(20_000, 90_000).culprit?.identity.pid).toBe(30);
    expect(blame(80_000, 90_000)).toMatchObject({
      culprit: null,
      why: 'little time was lost waiting for it',
      harm: null,
      sufferers: [],
    });
    expect(blame(1_000, 40_000).culprit).toBeNull();
  });

  it('of what the machine read, somebody who is not counted may have read most', () => {
    const reads = { 'faults.read_bytes': { 30: 2e7 } };
    const marks = (kib: number) => marksOf(sessionOf(reads, { ...IO, 'vm.pgpgin': kib }));
    expect(marks(900_000)[0]?.suspect).toBeNull();
    expect(marks(20_000)[0]?.suspect).toMatchObject({ pid: 30 });
  });

  const CPU = { ...IO, 'psi.cpu.some_us': 900_000, 'psi.io.some_us': 90_000, 'cpu.busy_ms': 1_990 };

  it('names who took the CPUs, and who waited for them', () => {
    const [mark] = marksOf(
      sessionOf(
        { 'proc.cpu_ms': { 30: 1_700, 40: 60 }, 'proc.cpu_wait_ns': { 20: 3e8, 30: 8e8, 40: 6e8 } },
        CPU,
      ),
    );
    expect(mark).toMatchObject({ harm: 'cpu', suspect: { pid: 30, metric: 'proc.cpu_ms' } });
    // Who takes them waits for more, and is no sufferer of himself.
    expect(mark?.sufferers?.map(({ pid }) => pid)).not.toContain(30);
  });

  it('names who waited for a disk though nobody is to blame, and no kernel thread', () => {
    const [mark] = marksOf(sessionOf({ 'blocked.ns': { 10: 9e8, 40: 7e8 } }, IO));
    expect(mark).toMatchObject({ harm: 'io', suspect: null });
    expect(mark?.sufferers).toMatchObject([{ pid: 40, comm: 'shop', metric: 'blocked.ns' }]);
    expect(mark?.sufferers?.[0]?.threads).toBeGreaterThan(0.5);
    expect(mark?.sufferers?.[0]?.threads).toBeLessThanOrEqual(0.7);
  });

  it('names who started a swarm of short processes, whose time is his', () => {
    const [mark] = marksOf(sessionOf({ 'proc.child_cpu_ms': { 20: 1_800 }, 'proc.cpu_ms': { 40: 90 } }, CPU));
    expect(mark?.suspect).toMatchObject({ pid: 20, metric: 'proc.child_cpu_ms' });
  });

  it('who grew a little while memory is scarce did not take it', () => {
    const [mark] = marksOf(
      sessionOf(
        { 'proc.anon_bytes': { 30: 3e8, 40: 2.1e8 } },
        { 'psi.memory.some_us': 800_000, 'vm.pgscan_kswapd': 90_000, 'mem.available': 90_000 },
      ),
    );
    expect(mark).toBeDefined();
    expect(mark?.suspect).toBeNull();
  });

  it('names who grew most when memory is what hurts', () => {
    const ticks = { 'proc.anon_bytes': { 30: 3e9, 40: 2.1e8 } };
    const [mark] = marksOf(
      sessionOf(ticks, {
        'psi.memory.some_us': 800_000,
        'vm.pgscan_kswapd': 90_000,
        'mem.available': 90_000,
      }),
    );
    expect(mark?.suspect).toMatchObject({ pid: 30, metric: 'proc.anon_bytes' });
  });

  it('has no sign that says nothing to a person, and none that is a fall reported as a rise', () => {
    const session = sessionOf(
      { 'faults.read_bytes': { 30: 9e8 } },
      {
        ...IO,
        'zone.0.DMA.high': 90,
        'zone.0.Normal.low': 12_000,
        'zone.0.DMA.free': 10,
        'mem.writeback': 0,
        'mem.available': 50_000,
      },
    );
    const [mark] = marksOf(session);
    const reported = mark?.spikes.map(({ metric }) => metric) ?? [];
    expect(reported).toContain('psi.io.some_us');
    expect(reported.filter((metric) => metric.startsWith('zone.'))).toEqual([]);
    expect(reported).not.toContain('mem.writeback');
    expect(mark?.spikes.every(({ peak }) => peak !== 0)).toBe(true);
    expect(mark?.spikes.find(({ metric }) => metric === 'mem.available')).toMatchObject({
      fell: true,
      peak: 50_000,
    });
    // The list of spikes says of what fell that it fell, and what it fell to.
    const { spikes } = analyse(session, { minScore: 3, symptom: null });
    const writeback = spikes.filter(({ identity }) => identity.metric === 'mem.writeback');
    expect(writeback.every(({ fell, peak }) => fell && peak === 0)).toBe(true);
  });

  it('of a symptom, suspects are those who do something', () => {
    const session = sessionOf(
      { 'faults.read_bytes': { 30: 9e8, 10: 9e8 }, 'faults.major': { 40: 900 } },
      IO,
      { quietTicks: 1_200 },
    );
    const { suspects, identityOf } = analyse(session, {
      minScore: 3,
      symptom: { metric: 'psi.io.some_us', pid: null },
    });
    const pids = suspects?.flatMap(({ series }) => identityOf(series)?.pid ?? []);
    expect(pids).toContain(30);
    expect(pids).not.toContain(10);
    expect(pids).not.toContain(40);
  });
});
