/** Control groups of version 1 as a kernel shows them, of version 2 as its documentation does, and what becomes of them. */
import { describe, expect, test } from 'vitest';
import { CGROUP_METRICS } from '../../src/host/cgroup/metrics.ts';
import { createCgroupSampler } from '../../src/host/cgroup/sampler.ts';
import { parseCgroup, readProcess } from '../../src/host/process.ts';
import { type FakeHost, fakeFiles } from '../helpers/fake-files.ts';
import { captured } from './captured.ts';

const V1 = (name: string): string => captured(`cgroup-v1/${name}`);
const V2_MOUNT = '30 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n';

/** Documentation/admin-guide/cgroup-v2.rst. */
const V2: Readonly<Record<string, string>> = {
  'cpu.max': '150000 100000\n',
  'cpu.stat':
    'usage_usec 900\nuser_usec 600\nsystem_usec 300\nnr_periods 40\nnr_throttled 30\nthrottled_usec 12000\n',
  'cpu.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n',
  'memory.max': 'max\n',
  'memory.high': '1048576\n',
  'memory.current': '524288\n',
  'memory.events': 'low 0\nhigh 99\nmax 98\noom 97\noom_kill 96\noom_group_kill 0\n',
  'memory.events.local': 'low 0\nhigh 7\nmax 6\noom 5\noom_kill 4\noom_group_kill 0\n',
  'memory.stat': 'anon 4096\nfile 8192\nworkingset_refault_anon 3\nworkingset_refault_file 4\npgmajfault 2\n',
  'io.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=21\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=20\n',
  'memory.pressure':
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=11\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=10\n',
};

const group2 = (path: string, change: Readonly<Record<string, string | null>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ 'cgroup.procs': '', ...V2, ...change }).flatMap(([name, text]) =>
      text === null ? [] : [[`/sys/fs/cgroup${path}/${name}`, text]],
    ),
  );

const host2 = (...groups: readonly Readonly<Record<string, string>>[]): FakeHost =>
  fakeFiles(Object.assign({ '/proc/self/mountinfo': V2_MOUNT }, ...groups));

const put = (files: FakeHost, group: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(group)) files.put(path, text);
};

/** Metric to value, of one group. */
const valuesOf = (
  { values }: ReturnType<ReturnType<typeof createCgroupSampler>['read']>,
  id: number,
): Record<string, number> =>
  Object.fromEntries(
    [...values].flatMap(([metric, entries]) =>
      entries.flatMap(([of, value = Number.NaN]) => (of === id ? [[metric.slice(7), value]] : [])),
    ),
  );

const WITHOUT_LIMIT = { 'cpu.max': 'max 100000\n', 'memory.max': 'max\n', 'memory.high': 'max\n' };

describe('a control group of version 2', () => {
  test('is read with its limits, what it holds and what it was made to wait for', () => {
    const sampler = createCgroupSampler(host2(group2('/app.slice/web.service')));
    sampler.note(['/app.slice/web.service']);
    const read = sampler.read();
    expect(read.begun).toEqual([
      {
        id: 1,
        path: '/app.slice/web.service',
        cpuLimit: '/sys/fs/cgroup/app.slice/web.service/cpu.max',
        memoryLimit: '/sys/fs/cgroup/app.slice/web.service/memory.high',
        uncovered: {
          'cgroup.memory_max': 'the files of this control group do not say it',
          'cgroup.io_limits': 'its I/O has no limit',
        },
      },
    ]);
    expect(valuesOf(read, 1)).toEqual({
      ...{ cpu_quota: 150, cpu_us: 900, periods: 40, throttled_periods: 30, throttled_us: 12_000 },
      ...{ cpu_some_us: 77, memory_high: 2 ** 20, memory_limit: 2 ** 20, memory: 2 ** 19, anon: 4_096 },
      // Those of the group itself, and not of groups below it.
      ...{ file: 8_192, limit_high: 7, limit_max: 6, oom: 5, oom_kills: 4 },
      ...{ refaults: 7, major_faults: 2, memory_some_us: 11, memory_full_us: 10 },
      ...{ io_some_us: 21, io_full_us: 20 },
    });
  });

  test('whose I/O alone is limited says what it waits for, and nothing of limits that it has not', () => {
    const limited = { ...WITHOUT_LIMIT, 'io.max': '254:0 rbps=max wbps=max riops=12 wiops=max\n' };
    const sampler = createCgroupSampler(
      host2(group2('/a', limited), group2('/b', { ...WITHOUT_LIMIT, 'io.max': '\n' })),
    );
    sampler.note(['/a', '/b']);
    const read = sampler.read();
    expect(read.begun.map(({ path }) => path)).toEqual(['/a']);
    expect(valuesOf(read, 1)).toEqual({
      ...{
        io_limits: 1,
        cpu_some_us: 77,
        memory_some_us: 11,
        memory_full_us: 10,
        io_some_us: 21,
        io_full_us: 20,
      },
    });
    expect(read.begun[0]?.uncovered).toMatchObject({
      'cgroup.cpu_quota': 'it has no CPU quota',
      'cgroup.memory': 'its memory has no limit',
    });
  });

  test('whose I/O has no limit is the same from reading to reading', () => {
    const sampler = createCgroupSampler(host2(group2('/a', { 'io.max': '' })));
    sampler.note(['/a']);
    expect(sampler.read().begun).toHaveLength(1);
    const again = sampler.read();
    expect([again.begun, again.ended]).toEqual([[], []]);
    expect(valuesOf(again, 1)).toMatchObject({ throttled_periods: 30, io_some_us: 21 });
  });

  test('of an older kernel has the events of those below it, too, and its refaults as one number', () => {
    const old = group2('/a', { 'memory.events.local': null, 'memory.stat': 'workingset_refault 9\n' });
    const sampler = createCgroupSampler(host2(old));
    sampler.note(['/a']);
    const read = sampler.read();
    expect(valuesOf(read, 1)).toMatchObject({ limit_max: 98, refaults: 9 });
    expect(read.begun[0]?.uncovered).toHaveProperty(['cgroup.anon']);
  });

  test('without a limit is not followed, nor is what is not there; one above it that has one is', () => {
    const sampler = createCgroupSampler(host2(group2('/pods/one/app', WITHOUT_LIMIT), group2('/pods')));
    sampler.note(['/pods/one/app', '/nowhere', '/pods/../etc', undefined]);
    expect(sampler.read().begun.map(({ path }) => path)).toEqual(['/pods']);
  });

  test('is another one when it is removed and made again, and when its limits become others', () => {
    const files = host2(group2('/a'));
    const sampler = createCgroupSampler(files);
    sampler.note(['/a']);
    expect(sampler.read().begun.map(({ id }) => id)).toEqual([1]);
    files.remove('/sys/fs/cgroup/a');
    const gone = sampler.read();
    expect([gone.ended.map(({ id }) => id), gone.begun, [...gone.values]]).toEqual([[1], [], []]);
    put(files, { ...group2('/b', WITHOUT_LIMIT), ...group2('/a') });
    sampler.note(['/a']);
    expect(sampler.read().begun.map(({ id, path }) => [id, path])).toEqual([[2, '/a']]);
    put(files, group2('/a', { 'cpu.max': 'max 100000\n' }));
    const changed = sampler.read();
    expect([changed.ended.map(({ id }) => id), changed.begun.map(({ id }) => id)]).toEqual([[2], [3]]);
    expect(changed.begun[0]?.uncovered).toMatchObject({ 'cgroup.throttled_us': 'it has no CPU quota' });
  });

  test('is noticed when it is given a limit later', () => {
    const files = host2(group2('/a', WITHOUT_LIMIT));
    const sampler = createCgroupSampler(files);
    sampler.note(['/a']);
    expect(sampler.read().begun).toEqual([]);
    put(files, group2('/a'));
    const begun = [0, 1, 2].flatMap(() => sampler.read().begun.map(({ path }) => path));
    expect(begun).toEqual(['/a']);
  });

  test('gives way to one that runs into its limit, where more have limits than are followed', () => {
    const paths = Array.from({ length: 60 }, (_, number) => `/pod${number}`);
    const files = host2(...paths.map((path) => group2(path)));
    const sampler = createCgroupSampler(files);
    sampler.note(paths);
    const followed = new Set([0, 1].flatMap(() => sampler.read().begun.map(({ path }) => path)));
    expect(followed.size).toBe(48);
    const late = paths.find((path) => !followed.has(path)) ?? '';
    for (let round = 0; round < 30; round += 1) expect(sampler.read().begun).toEqual([]);
    put(files, group2(late, { 'cpu.stat': 'nr_periods 50\nnr_throttled 40\nthrottled_usec 20000\n' }));
    const rounds = Array.from({ length: 30 }, () => sampler.read());
    expect(rounds.flatMap(({ begun }) => begun.map(({ path }) => path))).toEqual([late]);
    expect(rounds.flatMap(({ ended }) => ended)).toHaveLength(1);
  });
});

describe('a control group of version 1', () => {
  const FILES = {
    cpu: ['cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.stat'],
    cpuacct: ['cpuacct.usage'],
    memory: [
      'memory.limit_in_bytes',
      'memory.usage_in_bytes',
      'memory.failcnt',
      'memory.oom_control',
      'memory.stat',
    ],
    unified: ['memory.pressure', 'cpu.pressure'],
  };
  const files = fakeFiles({
    '/proc/self/mountinfo': V1('mountinfo'),
    ...Object.fromEntries(
      Object.entries(FILES).flatMap(([controller, names]) => [
        [`/sys/fs/cgroup/${controller}/lab-cap/cgroup.procs`, ''],
        ...names.map((name) => [`/sys/fs/cgroup/${controller}/lab-cap/${name}`, V1(name)]),
      ]),
    ),
  });

  test('is read from the hierarchies of its controllers, and from the unified one for what it waits for', () => {
    const sampler = createCgroupSampler(files);
    sampler.note(['/lab-cap']);
    const read = sampler.read();
    expect(read.begun[0]).toMatchObject({
      cpuLimit: '/sys/fs/cgroup/cpu/lab-cap/cpu.cfs_quota_us',
      memoryLimit: '/sys/fs/cgroup/memory/lab-cap/memory.limit_in_bytes',
    });
    const values = valuesOf(read, 1);
    expect(values).toMatchObject({
      cpu_quota: 50,
      periods: 33,
      throttled_periods: 14,
      throttled_us: 142_451,
    });
    expect(values).toMatchObject({
      memory_limit: 2 ** 25,
      limit_max: Number(V1('memory.failcnt')),
      oom_kills: 0,
    });
    expect(values.refaults).toBe(
      Number(/^total_workingset_refault_file (\d+)$/m.exec(V1('memory.stat'))?.[1]),
    );
    expect(values.refaults).toBeGreaterThan(0);
    expect(values.memory_some_us).toBeGreaterThan(0);
    const said = [
      ...Object.keys(values),
      ...Object.keys(read.begun[0]?.uncovered ?? {}).map((id) => id.slice(7)),
    ];
    expect(said.sort()).toEqual(CGROUP_METRICS.map(({ id }) => id.slice(7)).sort());
  });

  test('that a process is in is found in every hierarchy', () => {
    const process = fakeFiles({
      '/proc/7/stat': '7 (perl) R 1 7 7 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 9876 1000000 300\n',
      '/proc/7/cgroup': '4:memory:/docker/longest\n2:cpuacct,cpu:/other\n1:name=systemd:/\n0::/\n',
    });
    expect(readProcess(process, 7)).toMatchObject({ cgroup: '/docker/longest', cgroups: ['/other'] });
    expect(parseCgroup(V1('proc-cgroup'))).toBe('/lab-cap');
  });
});

test('a container sees the part of a hierarchy that is mounted there', () => {
  const files = fakeFiles({
    '/proc/self/mountinfo': '30 22 0:27 /docker/abc /sys/fs/cgroup\\040here ro - cgroup2 cgroup2 rw\n',
    ...Object.fromEntries(
      Object.entries(group2('')).map(([path, text]) => [path.replace('/cgroup/', '/cgroup here/'), text]),
    ),
  });
  const sampler = createCgroupSampler(files);
  sampler.note(['/docker/abc']);
  expect(sampler.read().begun.map(({ path }) => path)).toEqual(['/docker/abc']);
});

test('every metric of a control group is described once, and fits its column', () => {
  expect(new Set(CGROUP_METRICS.map(({ id }) => id)).size).toBe(CGROUP_METRICS.length);
  for (const { label } of CGROUP_METRICS) expect(label.length, label).toBeLessThanOrEqual(14);
});
