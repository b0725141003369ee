/** Devices that are slow or flooded, threads that pile up, syncs and swap: as they look, and what only looks like them. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord, Waits } from '../../src/core/record.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import { cgroupMetric, hostMetric, pidMetric, recordsOf, type Tick, watchedAfter } from './sessions.ts';

const [DOER, OTHER, KERNEL] = [7, 8, 9];
const NAMES: Readonly<Record<number, string>> = {
  [DOER]: 'doer',
  [OTHER]: 'other',
  [KERNEL]: 'kworker/u4:1',
};

type Amounts = Readonly<Record<string, number>>;
type Scene = {
  readonly doer?: Amounts;
  readonly other?: Amounts;
  readonly kernel?: Amounts;
  readonly host?: Amounts;
  readonly waits?: Waits;
};

const tickOf = ({ doer = {}, other = {}, kernel = {}, host = {} }: Scene): Tick => {
  const pids: Record<string, Record<number, number>> = {};
  for (const [pid, amounts] of [
    [DOER, doer],
    [OTHER, other],
    [KERNEL, kernel],
  ] as const)
    for (const [metric, amount] of Object.entries(amounts)) {
      pids[metric] ??= {};
      pids[metric][pid] = amount;
    }
  return { pids, host };
};

const play = (scenes: readonly Scene[]): Finding[] => {
  const ticks = scenes.map(tickOf);
  const ids = (table: 'pids' | 'host') => [
    ...new Set(ticks.flatMap((tick) => Object.keys(tick[table] ?? {}))),
  ];
  const metrics = [
    ...ids('pids').map((id) => pidMetric(id)),
    ...ids('host').map((id) => hostMetric(id)),
    cgroupMetric('cgroup.refaults'),
  ];
  const records = recordsOf(ticks, metrics, NAMES).map((record): StreamRecord => {
    if (record.type === 'process' && record.pid === KERNEL) return { ...record, ppid: 2 };
    const waits = record.type === 'sample' ? scenes[record.seq]?.waits : undefined;
    return record.type === 'sample' && waits !== undefined ? { ...record, waits } : record;
  });
  const { watch, state } = watchedAfter(records, metrics);
  return findingsOf(watch.cases, state);
};

const times = (count: number, scene: Scene): Scene[] => Array.from({ length: count }, () => scene);
const named = (scenes: readonly Scene[]): string[] =>
  play(scenes).map(
    ({ id, device, channel, suspect, victims }) =>
      `${id} ${[device, channel, suspect?.comm, ...victims.map(({ comm }) => `hurts ${comm}`)].filter(Boolean).join(' ')}`,
  );

const disk = (device: string, columns: Amounts): Amounts =>
  Object.fromEntries(Object.entries(columns).map(([column, amount]) => [`disk.${device}.${column}`, amount]));
const quiet = disk('sdb', { reads: 0, writes: 0, busy_ms: 0, queue_ms: 0, read_bytes: 0, write_bytes: 0 });
const idle = { 'psi.io.some_us': 0, 'cpu.steal_ms': 0 };

const SLOW = {
  reads: 11,
  writes: 1,
  discards: 0,
  flushes: 0,
  busy_ms: 980,
  queue_ms: 1_900,
  read_bytes: 2e5,
};
const slow = (columns: Amounts = {}, device = 'sda'): Scene => ({
  doer: { 'blocked.io_ns': 9e8, 'blocked.ns': 9e8 },
  host: { ...idle, ...quiet, ...disk(device, { ...SLOW, ...columns }), 'psi.io.some_us': 9e5 },
});

describe('a slow device', () => {
  it('is named with who waits, and nobody is accused', () => {
    const [finding, ...more] = play(times(12, slow()));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ id: 'slow-device', device: 'sda', suspect: null });
    expect(finding?.nobody).toMatch(/slow/);
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['doer']);
    const of = (metric: string) => finding?.evidence.find((one) => one.metric === metric)?.value;
    expect(of('device.requests')).toBeCloseTo(12 / 0.98, 3);
    expect(of('device.busy_ms')).toBeCloseTo(980, 0);
  });

  it('is named when it completes nothing at all', () => {
    expect(named(times(12, slow({ reads: 0, writes: 0, read_bytes: 0, busy_ms: 1_000 })))).toEqual([
      'slow-device sda hurts doer',
    ]);
  });

  it('is the disk beneath, and not what stands on it', () => {
    const both: Scene = { ...slow(), host: { ...slow().host, ...disk('dm-0', SLOW) } };
    expect(named(times(12, both))).toEqual(['slow-device sda hurts doer']);
    expect(named(times(12, slow({}, 'loop3')))).toEqual(['slow-device loop3 hurts doer']);
  });

  it('has no victims that may as well wait for another disk', () => {
    const busy = disk('sdb', { reads: 900, busy_ms: 800, queue_ms: 800 });
    expect(named(times(12, { ...slow(), host: { ...slow().host, ...busy } }))).toEqual(['slow-device sda']);
  });

  it.each<[string, Scene]>([
    ['that is busy with few large requests', slow({ read_bytes: 15e6 })],
    ['that completes many', slow({ reads: 80 })],
    ['that is seldom busy', slow({ busy_ms: 200 })],
    ['that discards', slow({ discards: 2 })],
    [
      'of a machine that the hypervisor holds back',
      { ...slow(), host: { ...slow().host, 'cpu.steal_ms': 900 } },
    ],
    ['for which nobody waits', { ...slow(), host: { ...slow().host, 'psi.io.some_us': 2e4 } }],
  ])('%s is none', (_, scene) => {
    expect(named(times(12, scene))).toEqual([]);
  });

  it('is none for four samples', () => {
    expect(named([...times(3, { host: { ...idle, ...quiet } }), ...times(4, slow())])).toEqual([]);
  });
});

const FLOOD = { reads: 150, busy_ms: 1_000, queue_ms: 24_000, read_bytes: 9e6 };
const flooded = (who: Scene, columns: Amounts = {}): Scene => ({
  ...who,
  host: { ...idle, ...quiet, ...disk('sda', { ...FLOOD, ...columns }), 'psi.io.some_us': 9e5 },
});
const asks = (ns: number): Amounts => ({ 'disk.ns': ns });

describe('a flooded device', () => {
  it('is named with who has most of its queue', () => {
    expect(
      named(times(12, flooded({ doer: asks(22e9), other: { ...asks(1e9), 'blocked.io_ns': 9e8 } }))),
    ).toEqual(['flooded-device sda doer hurts other']);
  });

  it('accuses nobody whose requests may be those of another disk', () => {
    // Of 44 s of queue 24 are here: who has 22 of 44 may have 2 of these 24.
    const scene = flooded({ doer: asks(22e9), other: asks(22e9) });
    const elsewhere = disk('sdb', { reads: 900, busy_ms: 500, queue_ms: 20_000 });
    expect(named(times(12, { ...scene, host: { ...scene.host, ...elsewhere } }))).toEqual([
      'flooded-device sda',
    ]);
  });

  it('accuses nobody of what those who are not selected may have asked', () => {
    expect(named(times(12, flooded({ doer: asks(8e9) })))).toEqual(['flooded-device sda']);
  });

  it('accuses nobody where a thread of the kernel writes for others', () => {
    expect(named(times(12, flooded({ doer: asks(1e9), kernel: asks(22e9) })))).toEqual([
      'flooded-device sda',
    ]);
  });

  it('is not told of a device without a queue, nor of one where each is quick', () => {
    expect(named(times(12, flooded({ doer: asks(1e9) }, { queue_ms: 1_800 })))).toEqual([]);
    expect(named(times(12, flooded({ doer: asks(1e9) }, { reads: 9_000 })))).toEqual([]);
  });

  it('is slow where it completes few of many', () => {
    expect(named(times(12, flooded({}, { reads: 12, read_bytes: 1e6 })))).toEqual(['slow-device sda']);
  });
});

const STORM = { 'sync.calls': 60, 'sync.ns': 4e9 };
const syncing = (other: Amounts, psi = 9e5): Scene => ({
  doer: STORM,
  other,
  host: { ...idle, 'psi.io.some_us': psi },
});

describe('a storm of syncs', () => {
  it('is named with who syncs and whose syncs wait', () => {
    expect(named(times(12, syncing({ 'sync.calls': 8, 'sync.ns': 9e8 })))).toEqual([
      'sync-storm doer hurts other',
    ]);
  });

  it.each<[string, Scene]>([
    ['alone', syncing({})],
    ['beside short syncs of another, many of them', syncing({ 'sync.calls': 900, 'sync.ns': 9e8 })],
    ['beside one who syncs seldom', syncing({ 'sync.calls': 1, 'sync.ns': 5e7 })],
    ['on a machine where nobody waits for I/O', syncing({ 'sync.calls': 8, 'sync.ns': 9e8 }, 1e4)],
  ])('%s is none', (_, scene) => {
    expect(named(times(12, scene))).toEqual([]);
  });
});

const channel = (name: string, threads: number, pids: readonly number[] = [DOER]): Waits => ({
  threads,
  channels: [{ name, threads, pids }],
});
const piled = (name: string, threads: number, ioNs = 0): Scene => ({
  doer: { 'blocked.ns': threads * 1e9, 'blocked.io_ns': ioNs },
  waits: channel(name, threads),
});

describe('threads that pile up', () => {
  it('are named with where they wait, and nobody is accused', () => {
    const [finding, ...more] = play(times(12, piled('percpu_rwsem_wait', 12)));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ id: 'lock-pile-up', channel: 'percpu_rwsem_wait', suspect: null });
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['doer']);
    expect(finding?.advice.some(({ command }) => command?.startsWith('fsfreeze'))).toBe(true);
    expect(finding?.advice.some(({ command }) => command === 'cat /proc/7/stack')).toBe(true);
  });

  it('elsewhere than at a frozen file system are not told to thaw one', () => {
    const [finding] = play(times(12, piled('rwsem_down_write_slowpath', 12)));
    expect(finding?.advice.some(({ command }) => command?.startsWith('fsfreeze'))).toBe(false);
  });

  it.each<[string, Scene[]]>([
    ['few', times(12, piled('xlog_grant_head_wait', 5))],
    ['waiting for a disk', times(12, piled('folio_wait_bit_common', 12, 11e9))],
    ['waiting for their own syncs', times(12, piled('jbd2_log_wait_commit', 12))],
    [
      'of whose time that for I/O is not counted',
      times(12, { doer: { 'blocked.ns': 12e9 }, waits: channel('percpu_rwsem_wait', 12) }),
    ],
    [
      'for two samples, again and again',
      [0, 1, 2, 3].flatMap(() => [
        ...times(2, piled('percpu_rwsem_wait', 12)),
        ...times(6, { doer: { 'blocked.ns': 0 } }),
      ]),
    ],
  ])('%s are none', (_, scenes) => {
    expect(named(scenes)).toEqual([]);
  });
});

const swapping = (vm: Amounts, faults = 300): Scene => ({
  doer: { 'proc.major_faults': faults },
  other: { 'proc.major_faults': 1 },
  host: { 'vm.pswpin': 0, 'vm.pswpout': 0, 'psi.memory.some_us': 4e5, ...vm },
});

describe('a storm of swapping', () => {
  it('is named with whose pages come back, and nobody is accused', () => {
    const scene = swapping({ 'vm.pswpin': 900, 'vm.pswpout': 900 });
    expect(named(times(12, scene))).toEqual(['swap-storm hurts doer']);
    expect(play(times(12, scene))[0]?.nobody).toMatch(/not known/);
  });

  it.each<[string, Scene]>([
    ['out alone', swapping({ 'vm.pswpout': 9_000 })],
    ['in alone', swapping({ 'vm.pswpin': 9_000 })],
    ['that nobody waits for', swapping({ 'vm.pswpin': 900, 'vm.pswpout': 900, 'psi.memory.some_us': 1e4 })],
    ['that hits nobody', swapping({ 'vm.pswpin': 900, 'vm.pswpout': 900 }, 2)],
  ])('%s is none', (_, scene) => {
    expect(named(times(12, scene))).toEqual([]);
  });
});
