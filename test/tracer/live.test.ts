import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type {
  LossRecord,
  ProbeInUse,
  ProcessFacts,
  SampleRecord,
  StreamRecord,
} from '../../src/core/record.ts';
import type { Budget, Clock, CostMeter, Derivation, HostPort } from '../../src/session/ports.ts';
import type { BesideOptions } from '../../src/tracer/beside.ts';
import { createLiveSource } from '../../src/tracer/live.ts';
import {
  ENVIRONMENT,
  FAKE_BPFTRACE,
  type FakeLife,
  type FakePlan,
  isGroupAlive,
  LAUNCHER,
  line,
  map,
  scriptOf,
} from '../helpers/fake-tracer.ts';
import { metricOf, snapshotAfter } from '../helpers/stream.ts';
import { until } from '../helpers/until.ts';

/** The clock of this machine: the fake tracer stamps with it too. */
const clock: Clock = {
  bootUs: () => Number(process.hrtime.bigint() / 1000n),
  realMs: () => Date.now(),
};

const hostOf = (
  processes: Readonly<Record<number, string>> = {},
): HostPort & { readonly mappedPids: number[] } => {
  let reads = 0;
  const mappedPids: number[] = [];
  return {
    mappedPids,
    metrics: [
      metricOf('vm.pgfault', { scope: 'host', probe: 'host' }),
      metricOf('mem.total', { scope: 'host', probe: 'host', kind: 'gauge' }),
    ],
    cgroups: () => ({ begun: [], ended: [], values: new Map() }),
    sample: () => {
      reads += 1;
      return { 'vm.pgfault': reads * 10, 'mem.total': 4096 };
    },
    process: (pid): ProcessFacts | null => {
      const comm = processes[pid];
      if (comm === undefined) return null;
      return { pid, startMs: pid * 100, comm, ppid: 1, uid: 0, cmdline: undefined, cgroup: undefined };
    },
    image: (pid) => processes[pid] ?? null,
    // Whoever counts is met all the same.
    living: () => [],
    uncoveredBy: () => ({}),
    own: () => false,
    unnamed: null,
    reading: (pid) =>
      processes[pid] === undefined
        ? null
        : {
            ...{ startMs: pid * 100, ppid: 1, isRunnable: false, cpuMs: 20, childCpuMs: 0 },
            ...{ minorFaults: 7, majorFaults: 1, memory: { rssBytes: pid * 4096, anonBytes: 4096 } },
          },
    cpuWaits: () => null,
    waits: () => ({ threads: 0, byChannel: new Map() }),
    cost: () => ({ cpuMs: 5, rssBytes: 1_000 }),
    bpfObjects: (pid) => {
      mappedPids.push(pid);
      return { mapBytes: 4096, programs: [] };
    },
  };
};

type Change = {
  readonly host?: HostPort;
  readonly comm?: string;
  readonly mapKeys?: number;
  readonly intervalMs?: number;
  readonly probes?: readonly ProbeInUse[];
  readonly budget?: Budget;
  readonly derivations?: readonly Derivation[];
  readonly beside?: BesideOptions;
};

const liveOf = (plan: FakePlan, change: Change = {}) =>
  createLiveSource({
    toolVersion: '0.1.0',
    identity: { hostname: 'lab', kernel: '6.18', arch: 'x86_64', cpus: 2, memoryBytes: 1 },
    host: change.host ?? hostOf(),
    clock,
    launcher: LAUNCHER,
    bpftrace: FAKE_BPFTRACE,
    environment: ENVIRONMENT,
    commandPid: null,
    probes: change.probes ?? [{ id: 'iomap', variant: 'tracepoint', state: 'attached' }],
    assemble: () => scriptOf(plan),
    simplify: () => null,
    selection: { pids: [], comm: change.comm ?? null, command: null },
    derivations: change.derivations ?? [],
    budget: change.budget ?? null,
    wantsComm: (comm) => change.comm === undefined || comm === change.comm,
    intervalMs: change.intervalMs ?? 1_000,
    mapKeys: change.mapKeys ?? 64,
    attachTimeoutMs: 5_000,
    owner: '1:1',
    onStatus: () => undefined,
    beside: change.beside ?? null,
  });

/** The session until `enough`, then its orderly end. */
const session = async (
  plan: FakePlan,
  enough: (records: readonly StreamRecord[]) => boolean,
  change: Change = {},
) => {
  const source = liveOf(plan, change);
  const header = await source.open();
  const records: StreamRecord[] = [];
  for await (const record of source.records()) {
    records.push(record);
    if (enough(records)) source.stop('enough');
  }
  return { header, records };
};

const samplesIn = (records: readonly StreamRecord[]): SampleRecord[] =>
  records.filter((record) => record.type === 'sample');
const lossesIn = (records: readonly StreamRecord[]): LossRecord[] =>
  records.filter((record) => record.type === 'loss');
const atLeast = (samples: number) => (records: readonly StreamRecord[]) =>
  samplesIn(records).length >= samples;

describe('a session', () => {
  it('that is asked to end at any moment of its attaching ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attaching-'));
    const outcomes = await Promise.all(
      [null, 0, 5, 20, 40, 80, 160, 250, 320, 400, 500].map(async (afterMs) => {
        const up = join(folder, `up-${afterMs}`);
        // bpftrace says that all are attached, and through another pipe, later, how many that is.
        const source = liveOf({ up, attachedLateMs: 350 });
        const opening = source.open().then(
          () => 'begun',
          (error: Error) => error.name,
        );
        // A busy machine sees it up when it has attached long since: before it is, in any case.
        if (afterMs !== null) {
          await until(() => existsSync(up));
          await delay(afterMs);
        }
        source.stop('asked');
        const outcome = await opening;
        const records: StreamRecord[] = [];
        if (outcome === 'begun') for await (const record of source.records()) records.push(record);
        return outcome === 'begun' ? `begun, and its last is a ${records.at(-1)?.type}` : outcome;
      }),
    );
    for (const outcome of outcomes)
      expect(['AbortError', 'begun, and its last is a trailer']).toContain(outcome);
    expect(outcomes).toContain('AbortError');
  });

  it('is a header, then records in order, then a trailer that counts them', async () => {
    const plan = {
      ticks: [{ maps: [map('@n', { 7: 1 })] }, { maps: [map('@n', { 7: 4 })] }],
      end: [map('@n', { 7: 5 })],
    };
    const { header, records } = await session(plan, atLeast(4), { host: hostOf({ 7: 'worker' }) });
    expect(header.metrics.map(({ id }) => id)).toEqual([
      'iomap.iter',
      'iomap.by_order',
      'proc.cpu_ms',
      'proc.cpu_wait_ns',
      'proc.child_cpu_ms',
      'proc.rss_bytes',
      'proc.anon_bytes',
      'proc.minor_faults',
      'proc.major_faults',
      'vm.pgfault',
      'mem.total',
    ]);
    expect(header).toMatchObject({ bpftrace: '0.17.0', intervalMs: 1_000, mapKeys: 64 });

    const samples = samplesIn(records);
    expect(samples.map(({ seq }) => seq)).toEqual(samples.map((_, index) => index));
    const times = samples.map(({ bootUs }) => bootUs);
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThan(times[index - 1] ?? 0);

    const trailer = records.at(-1);
    expect(trailer).toMatchObject({
      type: 'trailer',
      reason: 'enough',
      samples: samples.length,
      records: records.length,
    });

    const named = records.findIndex(({ type }) => type === 'process');
    const counted = records.findIndex(
      (record) => record.type === 'sample' && 'iomap.iter' in record.counters,
    );
    expect(named).toBeGreaterThan(-1);
    expect(named).toBeLessThan(counted);

    const snapshot = snapshotAfter(records, header);
    expect(snapshot.totals['iomap.iter']?.total).toBe(5);
    expect(snapshot.rows.map(({ id, comm }) => [id, comm])).toEqual([['7@700', 'worker']]);
    expect(snapshot.losses.gaps).toEqual([]);
  });

  it('reports only what changed, and everything in the first sample', async () => {
    const ticks = [{ maps: [map('@n', { 7: 1, 8: 1 })] }, { maps: [map('@n', { 7: 2, 8: 1 })] }];
    const { records } = await session({ tickMs: 100, ticks }, atLeast(5));
    const [first, ...rest] = samplesIn(records);
    expect(first).toMatchObject({ full: true, counters: {}, host: { 'mem.total': 4096 } });
    const moved = rest.map(({ counters }) => JSON.stringify(counters)).filter((text) => text !== '{}');
    expect([
      '{"iomap.iter":[[7,1],[8,1]]} {"iomap.iter":[[7,2]]}',
      // Where both came at once, because they were late.
      '{"iomap.iter":[[7,2],[8,1]]}',
    ]).toContain(moved.join(' '));
    expect(moved.length).toBeLessThan(rest.length);
    for (const { host, full } of rest) {
      expect(full).toBe(false);
      expect(Object.keys(host)).toEqual(['vm.pgfault']);
    }
  });

  it('is whole every 60 samples', async () => {
    const plan = { tickMs: 4, ticks: [{ maps: [map('@n', { 7: 1 })] }] };
    const { records } = await session(plan, atLeast(62));
    const samples = samplesIn(records);
    expect(
      samples
        .filter(({ full }) => full)
        .map(({ seq }) => seq)
        .slice(0, 2),
    ).toEqual([0, 60]);
    expect(samples[60]).toMatchObject({ counters: { 'iomap.iter': [[7, 1]] }, host: { 'mem.total': 4096 } });
  });

  it('knows what it costs, and looks at the maps only now and then', async () => {
    const host = hostOf();
    const { records } = await session({ tickMs: 4 }, atLeast(25), { host });
    expect(samplesIn(records).at(1)?.self).toMatchObject({
      tracerCpuMs: 5,
      tracerRssBytes: 1_000,
      mapBytes: 4096,
    });
    // And once more at the end.
    expect(host.mappedPids.length).toBeLessThanOrEqual(Math.ceil(samplesIn(records).length / 10) + 1);
  });

  it('does not begin without a usable probe, and says why of each', async () => {
    const probes: ProbeInUse[] = [{ id: 'iomap', variant: null, state: 'refused', reason: 'no tracepoint' }];
    await expect(liveOf({}, { probes }).open()).rejects.toMatchObject({
      code: 'E_NO_PROBE_USABLE',
      message: expect.stringContaining('iomap: no tracepoint'),
    });
  });
});

describe('names', () => {
  const named = { between: [line('exit 9 $NS 70000000 wanted')], maps: [map('@n', { 7: 2, 8: 3, 9: 4 })] };

  it('a filter by name counts only those, also the short-lived whose name comes with their exit', async () => {
    const plan = {
      ticks: [{ maps: [map('@n', { 7: 1, 8: 1, 9: 4 })] }, named, {}],
      end: [map('@n', { 7: 2, 8: 3, 9: 4 })],
    };
    const change = { comm: 'wanted', host: hostOf({ 7: 'wanted', 8: 'other' }) };
    const { header, records } = await session(plan, atLeast(4), change);
    const { rows, totals } = snapshotAfter(records, header);
    // Ticks that come at once are one sample: who was met first depends on it.
    expect(rows.map(({ id, comm, metrics }) => [id, comm, metrics['iomap.iter']?.total]).sort()).toEqual([
      ['7@700', 'wanted', 2],
      ['9@70', 'wanted', 4],
    ]);
    expect(totals['iomap.iter']?.total).toBe(6);
    expect(records.filter((record) => record.type === 'process' && record.pid === 8)).toEqual([]);
    expect(lossesIn(records)).toEqual([]);
  });

  it('a process that never got a name is reported as such, once, when a name decides', async () => {
    const end = [map('@n', { 9: 4 }), map('@by', { '9,1,0': 2 })];
    const { records } = await session({ end }, atLeast(2), { comm: 'wanted' });
    expect(lossesIn(records)).toMatchObject([{ kind: 'unnamed-process', count: 1, detail: 'pid 9' }]);
  });

  it('without such a filter counts wait for no name', async () => {
    const { header, records } = await session({ end: [map('@n', { 9: 4 })] }, atLeast(2));
    expect(snapshotAfter(records, header).rows).toMatchObject([{ id: '9@?', comm: '?' }]);
    expect(lossesIn(records)).toEqual([]);
  });

  it('exits that the kernel counted and nobody printed are reported', async () => {
    const plan = { ticks: [{ maps: [map('@frame_exits', 3)] }] };
    const { records } = await session(plan, (all) => lossesIn(all).length > 0 || atLeast(20)(all));
    expect(lossesIn(records)).toMatchObject([{ kind: 'unnamed-process', count: 3 }]);
  });

  it('an exit line that trails its count by one batch is not missed', async () => {
    const plan = {
      ticks: [
        { maps: [map('@frame_exits', 1)] },
        { between: [line('exit 7 $NS 70000000 late')], maps: [map('@frame_exits', 1)] },
        { maps: [map('@frame_exits', 1)] },
      ],
      end: [map('@frame_exits', 1)],
    };
    const { records } = await session(plan, atLeast(6));
    expect(records.filter(({ type }) => type === 'exit')).toMatchObject([
      { pid: 7, comm: 'late', startMs: 70 },
    ]);
    expect(lossesIn(records)).toEqual([]);
  });
});

describe('what is lost is reported', () => {
  it('nobody who lives is without a row, and what it uses, though it never counts', async () => {
    const host: HostPort = { ...hostOf({ 41: 'celery', 42: 'sleep' }), living: () => [41, 42] };
    const { records } = await session({}, (all) => samplesIn(all).length > 1, { host });
    const met = records.flatMap((record) => (record.type === 'process' ? [record.comm] : []));
    expect(met).toEqual(['celery', 'sleep']);
    expect(samplesIn(records)[0]?.counters['proc.rss_bytes']).toEqual([
      [41, 41 * 4096],
      [42, 42 * 4096],
    ]);
  });

  it('a program that is not counted: in the totals of all, and with a row though it is over', async () => {
    const uses = line('file odd_program 51 $NS 510000000 41 99 uwsgi\n/srv/uwsgi');
    const host: HostPort = {
      ...hostOf(),
      uncoveredBy: ({ map: of, inode, ppid, name }) =>
        of === '@odd_program' && inode === 99 ? { 'iomap.iter': `${name} of ${ppid}` } : {},
    };
    const plan = {
      ticks: [{ between: [uses], maps: [map('@frame_files', 1)] }],
      end: [map('@frame_files', 1)],
    };
    const { header, records } = await session(plan, (all) => samplesIn(all).length > 1, { host });
    expect(lossesIn(records)).toMatchObject([
      { kind: 'unseen-program', count: 1, metric: 'iomap.iter', detail: '/srv/uwsgi of 41' },
    ]);
    const { rows, coverage } = snapshotAfter(records, header);
    expect(rows).toMatchObject([{ pid: 51, comm: 'uwsgi', uncovered: { 'iomap.iter': '/srv/uwsgi of 41' } }]);
    expect(coverage['iomap.iter']?.coverage).toBe('lower-bound');
  });

  it('files that the kernel side counted and nobody printed', async () => {
    const plan = { ticks: [{ maps: [map('@frame_files', 2)] }], end: [map('@frame_files', 3)] };
    const { records } = await session(plan, atLeast(2));
    const unseen = lossesIn(records).filter(({ kind }) => kind === 'unseen-program');
    expect(unseen.map(({ metric, count }) => ({ metric, count }))).toEqual([
      { metric: 'iomap.iter', count: 3 },
    ]);
  });

  it('a full map, once, with the metric', async () => {
    const full = map('@n', { 1: 1, 2: 1, 3: 1, 4: 1 });
    const { header, records } = await session({ ticks: [{ maps: [full] }] }, atLeast(5), { mapKeys: 4 });
    expect(lossesIn(records)).toMatchObject([
      { kind: 'map-full', count: 1, metric: 'iomap.iter', detail: '4 of 4 keys' },
    ]);
    expect(snapshotAfter(records, header).coverage['iomap.iter']?.coverage).toBe('lower-bound');
  });

  it('a full map that others are made of, under those: nobody sees it itself', async () => {
    const internal = { 'iomap.iter': ['iomap.by_order'] };
    const derivation: Derivation = {
      internal,
      read: () => [],
      restart: () => undefined,
      uncovered: () => ({}),
    };
    const full = map('@n', { 1: 1, 2: 1, 3: 1, 4: 1 });
    const change = { mapKeys: 4, derivations: [derivation] };
    const { records } = await session({ ticks: [{ maps: [full] }] }, atLeast(3), change);
    expect(lossesIn(records)).toMatchObject([{ kind: 'map-full', count: 1, metric: 'iomap.by_order' }]);
  });

  it('losses of one kind are one record a sample, before it', async () => {
    const lost = '{"type": "lost_events", "data": {"events": 5}}';
    const { records } = await session({ ticks: [{ maps: [lost, lost, 'noise'] }, {}] }, atLeast(4));
    const losses = lossesIn(records);
    expect(losses).toMatchObject([
      { kind: 'lost-events', count: 10 },
      { kind: 'rejected-line', count: 1 },
    ]);
    const at = records.indexOf(losses[0] as LossRecord);
    expect(records.slice(at, at + 3).map(({ type }) => type)).toEqual(['loss', 'loss', 'sample']);
  });

  it('a tracer without its last maps leaves a gap', async () => {
    const plan = { ticks: [{ maps: [map('@n', { 7: 1 })] }], end: null };
    const { header, records } = await session(plan, atLeast(3));
    const { losses } = snapshotAfter(records, header);
    expect(losses.gaps).toHaveLength(1);
    expect(losses.gaps[0]?.reason).toBe('bpftrace gave no last counts (exit status 0)');
  });

  it('a tracer that falls silent: the host is sampled without it', async () => {
    const plan = { silentAfter: 1, ticks: [{ maps: [map('@n', { 7: 1 })] }], end: [map('@n', { 7: 3 })] };
    /** The three after the tracer's only word. */
    const silentIn = (all: readonly StreamRecord[]): readonly SampleRecord[] => {
      const samples = samplesIn(all);
      const at = samples.findIndex(({ counters }) => 'iomap.iter' in counters);
      return at < 0 ? [] : samples.slice(at + 1, at + 4);
    };
    const enough = (all: readonly StreamRecord[]): boolean => silentIn(all).length === 3;
    const { header, records } = await session(plan, enough, { intervalMs: 40 });
    const silent = silentIn(records);
    expect(silent).toHaveLength(3);
    for (const { counted, full, counters, host } of silent) {
      expect({ counted, full, counters }).toEqual({ counted: false, full: false, counters: {} });
      expect(host['vm.pgfault']).toBeGreaterThan(0);
    }
    expect(snapshotAfter(records, header).totals['iomap.iter']?.total).toBe(3);
  });
});

describe('a tracer that dies', () => {
  const file = (): string => join(mkdtempSync(join(tmpdir(), 'live-')), 'lives');

  it('leaves nobody behind who lives and never counts: what it uses and holds is read on', async () => {
    const host: HostPort = { ...hostOf({ 41: 'celery', 42: 'sleep' }), living: () => [41, 42] };
    const plan = { file: file(), lives: [{ dieAfter: 2, ticks: [{ maps: [] }] }, { ticks: [{ maps: [] }] }] };
    const heldAfter = (all: readonly StreamRecord[]) =>
      samplesIn(all).flatMap(({ epoch, counters }) =>
        epoch === 1 ? (counters['proc.cpu_ms'] ?? []).map(([pid]) => pid) : [],
      );
    const { records } = await session(
      plan,
      (all) => samplesIn(all).filter(({ epoch, counted }) => epoch === 1 && counted).length > 2,
      { host, intervalMs: 100 },
    );
    expect(new Set(heldAfter(records))).toEqual(new Set([41, 42]));
  });

  it('leaves a gap and a new epoch, and the counts go on', async () => {
    const plan = {
      file: file(),
      lives: [
        // A busy machine takes a few of them to begin.
        { dieAfter: 10, ticks: [{ maps: [map('@n', { 7: 100 })] }] },
        { ticks: [{ maps: [map('@n', { 7: 5 })] }], end: [map('@n', { 7: 6 })] },
      ],
    };
    const isBack = (records: readonly StreamRecord[]): boolean =>
      samplesIn(records).some(({ epoch, counters }) => epoch === 1 && 'iomap.iter' in counters);
    const { header, records } = await session(plan, isBack, { intervalMs: 100 });

    const kinds = records.filter(({ type }) => type === 'probe' || type === 'gap');
    expect(kinds).toMatchObject([
      { type: 'probe', id: 'iomap', state: 'detached' },
      { type: 'gap', reason: expect.stringContaining('SIGSEGV') },
      { type: 'probe', id: 'iomap', state: 'attached' },
    ]);
    const between = samplesIn(
      records.slice(records.indexOf(kinds[0] as StreamRecord), records.indexOf(kinds[1] as StreamRecord)),
    );
    expect(between.length).toBeGreaterThan(3);

    const { totals, losses, coverage } = snapshotAfter(records, header);
    expect(totals['iomap.iter']?.total).toBe(106);
    expect(losses.gaps).toHaveLength(1);
    const [gap] = losses.gaps;
    expect((gap?.toBootUs ?? 0) - (gap?.fromBootUs ?? 0)).toBeGreaterThan(1_000_000);
    expect(coverage['iomap.iter']?.coverage).toBe('lower-bound');
  });

  it('and has not come back when we stop leaves a gap to the end', async () => {
    const plan = { file: file(), lives: [{ dieAfter: 1 }, { notify: 'never' as const }] };
    const isDetached = (records: readonly StreamRecord[]): boolean => records.at(-1)?.type === 'probe';
    const { header, records } = await session(plan, isDetached);
    const { losses, ended } = snapshotAfter(records, header);
    expect(losses.gaps).toHaveLength(1);
    expect(losses.gaps[0]?.toBootUs).toBe(ended?.bootUs);
  });
});

describe('stopping', () => {
  it('before it began ends with an AbortError', async () => {
    const up = join(mkdtempSync(join(tmpdir(), 'live-')), 'up');
    const source = liveOf({ notify: 'never', up });
    const opening = source.open();
    await until(() => existsSync(up));
    source.stop('changed my mind');
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('twice gives one trailer, and no tracer is left', async () => {
    const source = liveOf({});
    const host = hostOf();
    const source2 = liveOf({}, { host });
    await source.open();
    source.stop('first');
    source.stop('second');
    const trailers: StreamRecord[] = [];
    for await (const record of source.records()) if (record.type === 'trailer') trailers.push(record);
    expect(trailers).toMatchObject([{ reason: 'first' }]);

    await source2.open();
    for await (const record of source2.records()) if (record.type === 'sample') source2.stop('end');
    const pid = host.mappedPids[0] ?? 0;
    expect(pid).toBeGreaterThan(0);
    await until(() => !isGroupAlive(pid));
  });
});

describe('the budget', () => {
  /** A meter whose programs take a millisecond in each window; takes one step down when it is reported of the first. */
  const budgetOf = (changed: ProbeInUse) => {
    let windows = 0;
    let closed = false;
    let taken = false;
    const seen: { readonly shares: ReadonlyMap<string, number>; readonly by: string }[] = [];
    const budget: Budget = {
      share: 0.02,
      processor: { isVirtual: false, isEmulated: false },
      meter: {
        begin: () => {
          windows += 1;
          return true;
        },
        end: () => undefined,
        read: () => [
          { id: '1', kind: 'tracepoint', runNs: windows * 1e6, runs: 0, missed: 0 },
          { id: '2', kind: 'tracepoint', runNs: 0, runs: 0, missed: 0 },
        ],
        close: () => {
          closed = true;
        },
      },
      observe: ({ shares, by }) => {
        seen.push({ shares, by });
        if (taken || (shares.get('iomap') ?? 0) === 0) return [];
        taken = true;
        return [changed];
      },
    };
    return { budget, seen, isClosed: () => closed, windows: () => windows };
  };

  it('takes its step: reported, in a new epoch behind a gap, with the totals kept, and the cost in each sample', async () => {
    const changed: ProbeInUse = {
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      reason: 'over the budget',
      uncounted: ['iomap.by_order'],
    };
    const { budget, seen, isClosed, windows } = budgetOf(changed);
    // Four million steps within a second are far over any budget, by the counts alone.
    const plan = {
      tickMs: 50,
      ticks: [{ maps: [map('@n', { 7: 4_000_000 })] }],
      end: [map('@n', { 7: 5_000_000 })],
    };
    const { header, records } = await session(
      plan,
      (all) => samplesIn(all).some(({ epoch, counters }) => epoch === 1 && 'iomap.iter' in counters),
      { budget, host: hostOf({ 7: 'worker' }) },
    );
    expect(header).toMatchObject({ budget: 0.02, costBasis: 'measured' });
    // What the estimate found was measured before it was judged, and only once.
    const judged = seen.find(({ shares }) => (shares.get('iomap') ?? 0) > 0);
    expect(judged?.by).toBe('measured');
    expect([...(judged?.shares.keys() ?? [])]).toEqual(['iomap', 'kswapd']);
    expect(windows()).toBe(1);
    const step = records.findIndex((record) => record.type === 'probe');
    expect(records[step]).toMatchObject(changed);
    const gap = records.findIndex((record) => record.type === 'gap');
    expect(gap).toBeGreaterThan(step);
    expect(records[gap]).toMatchObject({ reason: 'iomap over the budget' });
    const snapshot = snapshotAfter(records, header);
    // Five million until the first ended, and five in the second: what was counted before the step was not lost.
    expect(snapshot.totals['iomap.iter']?.total).toBe(10_000_000);
    expect(snapshot.probes.find(({ id }) => id === 'iomap')).toMatchObject({ variant: 'seeks' });
    expect(snapshot.coverage['iomap.by_order']?.reasons.join()).toContain('cost more than the budget');
    const reported = samplesIn(records).map(({ self }) => self.probeMsBy);
    expect(samplesIn(records).at(-1)?.self.probeMs).toHaveProperty('iomap');
    expect(reported.filter((by) => by === 'measured')).toHaveLength(1);
    expect(reported).toContain('estimated');
    expect(isClosed()).toBe(true);
  });

  it('counts nothing twice when it steps from one tracer to another beside it, and reports what was lost in between', async () => {
    const changed: ProbeInUse = {
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      reason: 'over the budget',
    };
    const { budget } = budgetOf(changed);
    let isCounting = false;
    const first: FakeLife = {
      tickMs: 50,
      ticks: [{ maps: [map('@n', { 7: 4_000_000 })] }],
      end: [map('@n', { 7: 9_000_000 })],
    };
    const second: FakeLife = { attachMs: 700, tickMs: 50, ticks: [{ maps: [map('@n', { 7: 1_000 })] }] };
    const plan = {
      file: join(mkdtempSync(join(tmpdir(), 'live-beside-')), 'lives'),
      lives: [first, second],
    };
    const { header, records } = await session(
      plan,
      (all) => {
        const since = all.findIndex(({ type }) => type === 'probe');
        const after = since < 0 ? 0 : all.slice(since).filter(({ type }) => type === 'sample').length;
        isCounting ||= after >= 5;
        return samplesIn(all).some(({ epoch, counters }) => epoch === 1 && 'iomap.iter' in counters);
      },
      {
        budget,
        host: hostOf({ 7: 'worker' }),
        beside: {
          hasRoom: () => true,
          hasPrograms: () => isCounting,
          prioritize: () => undefined,
          niceness: () => 0,
        },
      },
    );
    // Of the first what it held before the second may have counted, and not what it held when it ended.
    expect(snapshotAfter(records, header).totals['iomap.iter']?.total).toBe(4_001_000);
    const gap = records.findIndex((record) => record.type === 'gap');
    const lastBefore = samplesIn(records.slice(0, gap)).findLast(({ counted }) => counted);
    expect(records[gap]).toMatchObject({ fromBootUs: lastBefore?.bootUs, reason: 'iomap over the budget' });
  });

  it('reports the gap from when its tracer was asked to end, not from its last word', async () => {
    const changed: ProbeInUse = {
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      reason: 'over the budget',
    };
    const { budget } = budgetOf(changed);
    const plan = { tickMs: 50, ticks: [{ maps: [map('@n', { 7: 4_000_000 })] }], end: [] };
    const { records } = await session(plan, (all) => samplesIn(all).some(({ epoch }) => epoch === 1), {
      budget,
      host: hostOf({ 7: 'worker' }),
    });
    const step = records.find((record) => record.type === 'probe');
    const gap = records.find((record) => record.type === 'gap');
    const fromUs = gap?.fromBootUs ?? 0;
    expect(Math.abs(fromUs - (step?.bootUs ?? 0))).toBeLessThan(100_000);
  });

  it('learns within seconds that the counts say far too little, and until then says that nothing was measured', async () => {
    const stays: ProbeInUse = { id: 'iomap', variant: 'seeks', state: 'attached', reason: 'over the budget' };
    const { budget, windows } = budgetOf(stays);
    let openedMs = 0;
    let openMs = 0;
    const judged: { readonly share: number; readonly by: string }[] = [];
    // Six thousand counts a second are 0.2 % of a CPU; the programs take half of one.
    const plan: FakeLife = {
      tickMs: 100,
      ticks: Array.from({ length: 80 }, (_, tick) => ({ maps: [map('@n', { 7: tick * 600 })] })),
    };
    const { records } = await session(plan, () => judged.some(({ share }) => share > 0.3), {
      budget: {
        ...budget,
        meter: {
          ...(budget.meter as CostMeter),
          begin: () => {
            openedMs = performance.now();
            return budget.meter?.begin() ?? false;
          },
          end: () => {
            openMs = performance.now() - openedMs;
          },
          read: () => [
            {
              id: '1',
              kind: 'tracepoint',
              runNs: openedMs === 0 ? 0 : (performance.now() - openedMs) * 5e5,
              runs: 0,
              missed: 0,
            },
            { id: '2', kind: 'tracepoint', runNs: 0, runs: 0, missed: 0 },
          ],
        },
        observe: ({ shares, by }) => {
          judged.push({ share: shares.get('iomap') ?? 0, by });
          return [];
        },
      },
      host: hostOf({ 7: 'worker' }),
    });
    expect(windows()).toBe(1);
    // Long enough not to have met a burst.
    expect(openMs).toBeGreaterThan(800);
    const samples = samplesIn(records);
    const last = samples.at(-1)?.bootUs ?? 0;
    expect(last - (samples[0]?.bootUs ?? 0)).toBeLessThan(6e6);
    expect(samples.some(({ self }) => self.probeMsUnsure === true)).toBe(true);
    const measured = samples.findIndex(({ self }) => self.probeMsBy === 'measured');
    for (const { self } of samples.slice(measured)) expect(self.probeMsUnsure).toBeUndefined();
  });

  it('without a meter decides by the estimate, and says so', async () => {
    const changed: ProbeInUse = {
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      reason: 'over the budget',
    };
    const { budget, seen } = budgetOf(changed);
    const plan = { tickMs: 50, ticks: [{ maps: [map('@n', { 7: 4_000_000 })] }] };
    const { header, records } = await session(
      plan,
      (all) => samplesIn(all).some(({ epoch }) => epoch === 1),
      { budget: { ...budget, meter: null }, host: hostOf({ 7: 'worker' }) },
    );
    expect(header.costBasis).toBe('estimated');
    expect(new Set(seen.map(({ by }) => by))).toEqual(new Set(['estimated']));
    expect(Math.max(...seen.map(({ shares }) => shares.get('iomap') ?? 0))).toBeGreaterThan(0.1);
    const { self } = samplesIn(records).at(-1) ?? {};
    expect(self?.probeMsBy).toBe('estimated');
    expect(self?.probeMs?.iomap).toBeGreaterThan(100);
  });
});
