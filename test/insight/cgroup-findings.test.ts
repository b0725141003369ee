/** Limits of control groups, and what the kernel kills: as they look, and what only looks like them. */
import { describe, expect, it } from 'vitest';
import type { HostIdentity, StreamRecord } from '../../src/core/record.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import { createSession } from '../../src/session/session.ts';
import { headerOf, START_US, sessionAfter } from '../helpers/stream.ts';
import { cgroupMetric, hostMetric, pidMetric, recordsOf, type Tick, watched } from './sessions.ts';

const [WORKER, SIBLING, OUTSIDER] = [7, 8, 9];
const NAMES: Readonly<Record<number, string>> = {
  [WORKER]: 'worker',
  [SIBLING]: 'sibling',
  [OUTSIDER]: 'outsider',
};
const [GROUP, PARENT] = [1, 2];
const UNIT = '/app.slice/web.service';
const GAUGES: ReadonlySet<string> = new Set([
  ...['cgroup.cpu_quota', 'cgroup.memory', 'cgroup.memory_limit', 'mem.anon'],
]);

type Amounts = Readonly<Record<string, number>>;
type Scene = {
  readonly group?: Amounts;
  readonly parent?: Amounts;
  readonly worker?: Amounts;
  readonly sibling?: Amounts;
  readonly outsider?: Amounts;
  readonly host?: Amounts;
};

const turned = (
  rows: readonly (readonly [number, Amounts | undefined])[],
): Record<string, Record<number, number>> => {
  const table: Record<string, Record<number, number>> = {};
  for (const [key, amounts = {}] of rows)
    for (const [metric, amount] of Object.entries(amounts)) {
      table[metric] ??= {};
      (table[metric] as Record<number, number>)[key] = amount;
    }
  return table;
};

const tickOf = ({ group, parent, worker, sibling, outsider, host = {} }: Scene): Tick => ({
  pids: turned([
    [WORKER, worker],
    [SIBLING, sibling],
    [OUTSIDER, outsider],
  ]),
  cgroups: turned([
    [GROUP, group],
    [PARENT, parent],
  ]),
  host,
});

type Options = {
  readonly path?: string;
  readonly files?: { readonly cpuLimit?: string; readonly memoryLimit?: string };
  readonly uncovered?: Readonly<Record<string, string>>;
  readonly host?: Partial<HostIdentity>;
};

const play = (
  scenes: readonly Scene[],
  { path = UNIT, files = {}, uncovered, host }: Options = {},
): Finding[] => {
  const ticks = scenes.map(tickOf);
  const ids = (table: 'pids' | 'host' | 'cgroups') => [
    ...new Set(ticks.flatMap((tick) => Object.keys(tick[table] ?? {}))),
  ];
  const kind = (id: string) => (GAUGES.has(id) ? 'gauge' : 'counter');
  const metrics = [
    ...ids('pids').map((id) => pidMetric(id, kind(id))),
    ...ids('host').map((id) => hostMetric(id, kind(id))),
    ...ids('cgroups').map((id) => cgroupMetric(id, kind(id))),
    ...Object.keys(uncovered ?? {}).map((id) => cgroupMetric(id)),
  ];
  const records: StreamRecord[] = [
    {
      type: 'cgroup',
      bootUs: START_US,
      id: GROUP,
      path,
      ...files,
      ...(uncovered === undefined ? {} : { uncovered }),
    },
    { type: 'cgroup', bootUs: START_US, id: PARENT, path: '/app.slice' },
    ...recordsOf(ticks, metrics, NAMES).map((record) =>
      record.type === 'process'
        ? { ...record, cgroup: record.pid === OUTSIDER ? '/other' : `${path === '/' ? '' : path}/deep` }
        : record,
    ),
  ];
  const header = headerOf({ metrics, host: { ...headerOf().host, memoryBytes: 8 * 2 ** 30, ...host } });
  const { watch, state } = watched(sessionAfter(records, header, createSession(header)));
  return findingsOf(watch.cases, state);
};

const times = (count: number, scene: Scene): Scene[] => Array.from({ length: count }, () => scene);
const named = (scenes: readonly Scene[], options?: Options): string[] =>
  play(scenes, options).map(({ id, suspect, cgroup }) => `${id} ${cgroup} ${suspect?.comm}`);
const evidenceOf = (finding: Finding | undefined, metric: string): number | undefined =>
  finding?.evidence.find((one) => one.metric === metric)?.value;

const THROTTLED: Scene = {
  group: {
    'cgroup.throttled_us': 4e5,
    'cgroup.throttled_periods': 9,
    'cgroup.periods': 10,
    'cgroup.cpu_quota': 50,
  },
  worker: { 'proc.cpu_ms': 450, 'proc.cpu_wait_ns': 5e8 },
  sibling: { 'proc.cpu_ms': 30, 'proc.cpu_wait_ns': 3e8 },
  outsider: { 'proc.cpu_ms': 900, 'proc.cpu_wait_ns': 2e8 },
  host: { 'cpu.busy_ms': 1_400, 'psi.cpu.some_us': 3e5, 'cpu.steal_ms': 0 },
};

describe('a CPU quota', () => {
  it('that is used up is named with its group, who used most of it, and who waits in it', () => {
    const [finding, ...others] = play(times(10, THROTTLED), {
      files: { cpuLimit: '/sys/fs/cgroup/app/cpu.max' },
    });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'cgroup-cpu-throttle', cgroup: UNIT, suspect: { comm: 'worker' } });
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['sibling']);
    expect(evidenceOf(finding, 'cgroup.throttled_us')).toBeCloseTo(4e5, -4);
    expect(evidenceOf(finding, 'cgroup.throttled_periods')).toBeCloseTo(0.9);
    expect(evidenceOf(finding, 'cgroup.cpu_quota')).toBe(50);
    // Of those in it alone.
    expect(evidenceOf(finding, 'proc.cpu_wait_ns')).toBeCloseTo(8e8, -7);
    expect(finding?.advice[0]).toMatchObject({
      command: 'systemctl set-property --runtime web.service CPUQuota=100%',
      risk: expect.stringContaining('CPUQuota=50%'),
    });
  });

  it.each<[string, Amounts]>([
    ['that is used up for a few ms', { 'cgroup.throttled_us': 2e4, 'cgroup.throttled_periods': 9 }],
    ['that is used up now and then', { 'cgroup.throttled_us': 4e5, 'cgroup.throttled_periods': 1 }],
    ['that is enough', { 'cgroup.throttled_us': 0, 'cgroup.throttled_periods': 0 }],
  ])('%s is not named', (_, change) => {
    expect(named(times(20, { ...THROTTLED, group: { ...THROTTLED.group, ...change } }))).toEqual([]);
  });

  it('that is used up for two seconds is not named', () => {
    const idle = { ...THROTTLED, group: { ...THROTTLED.group, 'cgroup.throttled_us': 0 } };
    expect(named([...times(10, idle), ...times(2, THROTTLED), ...times(10, idle)])).toEqual([]);
  });

  it('explains CPU contention among those in it, and not what it does to others', () => {
    const busy = { 'cpu.busy_ms': 1_950, 'psi.cpu.some_us': 9e5, 'cpu.steal_ms': 0 };
    const big = { ...THROTTLED, worker: { 'proc.cpu_ms': 1_500, 'proc.cpu_wait_ns': 5e8 }, host: busy };
    const alone = { ...big, outsider: { 'proc.cpu_ms': 1, 'proc.cpu_wait_ns': 0 } };
    expect(named(times(10, alone))).toEqual([`cgroup-cpu-throttle ${UNIT} worker`]);
    const hurt = { ...big, outsider: { 'proc.cpu_ms': 1, 'proc.cpu_wait_ns': 8e8 } };
    expect(named(times(10, hurt)).sort()).toEqual([
      `cgroup-cpu-throttle ${UNIT} worker`,
      'cpu-contention undefined worker',
    ]);
  });

  it('of a container is raised where the container is defined, and in the files of version 1', () => {
    const path = `/docker/${'a'.repeat(64)}`;
    const cpuLimit = `/sys/fs/cgroup/cpu${path}/cpu.cfs_quota_us`;
    const [finding] = play(times(10, THROTTLED), { path, files: { cpuLimit } });
    expect(finding?.advice[0]?.command).toBe(
      `echo $(($(cat ${cpuLimit.replace('quota', 'period')}) * 100 / 100)) > ${cpuLimit}`,
    );
    expect(finding?.advice[1]?.text).toContain('container aaaaaaaaaaaa');
  });
});

const THRASH: Scene = {
  group: {
    ...{ 'cgroup.limit_max': 400, 'cgroup.limit_high': 0, 'cgroup.refaults': 20_000 },
    ...{ 'cgroup.memory_some_us': 9e4, 'cgroup.memory': 60e6, 'cgroup.memory_limit': 64e6 },
  },
  worker: { 'faults.page_cache_added': 30_000, 'proc.major_faults': 0, 'kswapd.memcg_reclaim_ns': 1e8 },
  sibling: { 'faults.page_cache_added': 40, 'proc.major_faults': 12 },
  outsider: { 'faults.page_cache_added': 90_000, 'proc.major_faults': 3 },
  host: { 'vm.pgscan_kswapd': 0 },
};
const thrash = (group: Amounts, host: Amounts = {}): Scene => ({
  ...THRASH,
  group: { ...THRASH.group, ...group },
  host: { ...THRASH.host, ...host },
});

describe('a memory limit', () => {
  it('that is thrashed against is named with its group, who reads most in it, and who faults', () => {
    const [finding, ...others] = play(times(10, THRASH), {
      files: { memoryLimit: '/sys/fs/cgroup/app/memory.high' },
    });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'cgroup-memory-limit', cgroup: UNIT, suspect: { comm: 'worker' } });
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['sibling']);
    expect(evidenceOf(finding, 'cgroup.memory_limit')).toBe(64e6);
    expect(finding?.advice[0]?.command).toBe(
      `systemctl set-property --runtime web.service MemoryHigh=${Math.round(128e6 / 2 ** 20) * 2 ** 20}`,
    );
  });

  it.each<[string, Scene]>([
    ['up to which it only fills its cache', thrash({ 'cgroup.refaults': 0, 'cgroup.memory_some_us': 300 })],
    ['at which it reads back pages that nobody waits for', thrash({ 'cgroup.memory_some_us': 300 })],
    ['at which it waits without reading anything back', thrash({ 'cgroup.refaults': 3 })],
    ['that it does not reach', thrash({ 'cgroup.limit_max': 0 })],
    ['while the whole machine reclaims', { ...thrash({}, { 'vm.pgscan_kswapd': 90_000 }), outsider: {} }],
  ])('%s is not named', (_, scene) => {
    const found = named(times(20, scene)).filter((one) => one.startsWith('cgroup-'));
    expect(found).toEqual([]);
  });

  it('while the whole machine thrashes gives way to the reader that makes it', () => {
    const quiet = { ...THRASH, group: {}, outsider: {}, host: { 'vm.pgscan_kswapd': 0, 'mem.anon': 5e5 } };
    const all: Scene = {
      ...thrash({}, { 'vm.pgscan_kswapd': 90_000, 'mem.anon': 5e5 }),
      sibling: { 'faults.major': 12 },
      outsider: { 'faults.page_cache_added': 150_000, 'faults.read_bytes': 6e8 },
    };
    expect(named([...times(20, quiet), ...times(20, all)])).toEqual(['page-cache-thrash undefined outsider']);
  });

  it('is named by what is read back alone where stalls are not counted, and says what is missing', () => {
    const unknown = { uncovered: { 'cgroup.memory_some_us': 'not said' } };
    const { 'cgroup.memory_some_us': _, ...group } = THRASH.group ?? {};
    const [finding] = play(times(10, { ...THRASH, group }), unknown);
    expect(finding?.missing).toContain('cgroup.memory_some_us');
    expect(named(times(20, { ...THRASH, group: { ...group, 'cgroup.refaults': 300 } }), unknown)).toEqual([]);
  });

  it('of a group above it that shows the same is not a second finding', () => {
    expect(named(times(10, { ...THRASH, parent: THRASH.group ?? {} }))).toEqual([
      `cgroup-memory-limit ${UNIT} worker`,
    ]);
    const above = { ...THRASH, group: {}, parent: THRASH.group ?? {} };
    expect(named(times(10, above))).toEqual(['cgroup-memory-limit /app.slice worker']);
  });
});

describe('an OOM kill', () => {
  const CALM: Scene = {
    worker: { 'oom.kills': 0, 'oom.anon_kib': 0 },
    sibling: { 'oom.kills': 0 },
    group: { 'cgroup.limit_max': 0, 'cgroup.memory_limit': 64e6 },
    host: { 'vm.oom_kill': 0 },
  };
  const KILL: Scene = {
    worker: { 'oom.kills': 1, 'oom.anon_kib': 62_000 },
    host: { 'vm.oom_kill': 1 },
  };

  it('is named once, with its victim and what it held, and nobody is accused', () => {
    const [finding, ...others] = play([...times(5, CALM), KILL, ...times(30, CALM)]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      id: 'oom-kill',
      suspect: null,
      victims: [{ comm: 'worker', pid: WORKER }],
    });
    expect(finding?.cgroup).toBeUndefined();
    expect(finding?.title).toBe('OOM kill: memory ran out, and the kernel killed a process');
    expect(evidenceOf(finding, 'oom.kills')).toBe(1);
    expect(evidenceOf(finding, 'oom.anon_kib')).toBe(62_000);
    expect(evidenceOf(finding, 'vm.oom_kill')).toBe(1);
  });

  it('at the limit of a control group says which, and how to raise it', () => {
    const scenes = [...times(5, CALM), { ...KILL, group: { 'cgroup.limit_max': 73 } }, ...times(5, CALM)];
    const [finding] = play(scenes, { files: { memoryLimit: '/sys/fs/cgroup/app/memory.max' } });
    expect(finding).toMatchObject({ id: 'oom-kill', cgroup: UNIT });
    expect(finding?.title).toContain('a control group was at its memory limit');
    expect(finding?.advice.map(({ command }) => command)).toContainEqual(
      expect.stringContaining('web.service MemoryMax='),
    );
  });

  it('of two processes at once has both as victims', () => {
    const both = { ...KILL, sibling: { 'oom.kills': 1 } };
    const [finding, ...others] = play([...times(5, CALM), both, ...times(5, CALM)]);
    expect(others).toEqual([]);
    expect(finding?.victims.map(({ comm }) => comm).sort()).toEqual(['sibling', 'worker']);
  });

  it('is known to have happened, and not of whom, where only the machine counts it', () => {
    const host = (kills: number): Scene => ({ host: { 'vm.oom_kill': kills } });
    const [finding, ...others] = play([...times(5, host(0)), host(2), ...times(20, host(0))]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'oom-kill', suspect: null, victims: [] });
    expect(evidenceOf(finding, 'vm.oom_kill')).toBe(2);
    expect(finding?.missing).toContain('oom.kills');
    expect(play(times(20, host(0)))).toEqual([]);
  });
});
