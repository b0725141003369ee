/** Who keeps the CPUs busy while others wait: the program that uses most by a share that stands out, or nobody. */
import { describe, expect, it } from 'vitest';
import type { ProcessRecord, StreamRecord } from '../../src/core/record.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import { createSession } from '../../src/session/session.ts';
import { headerOf, START_US, sessionAfter } from '../helpers/stream.ts';
import { cgroupMetric, hostMetric, pidMetric, recordsOf, type Tick, watched } from './sessions.ts';

type Who = Partial<ProcessRecord> & {
  readonly comm: string;
  /** ms on a CPU, ms of short children, and ms of waiting for a CPU, each second. */
  readonly cpu?: number;
  readonly children?: number;
  readonly waits?: number;
  /** It lives in these seconds only. */
  readonly during?: readonly [from: number, to: number];
};

type Machine = {
  readonly cpus?: number;
  readonly steal?: number;
  /** ms in use beyond what the processes below use: interrupts, and who is not counted. */
  readonly elsewhere?: number;
  readonly pressure?: number;
  /** ms a second that stallscope uses. */
  readonly own?: number;
  readonly throttled?: string;
  readonly command?: readonly string[];
  readonly seconds?: number;
};

const METRICS = [
  ...[
    'proc.cpu_ms',
    'proc.child_cpu_ms',
    'proc.cpu_wait_ns',
    'iomap.seek_hole',
    'iomap.iter',
    'iomap.seek_ns',
  ].map((id) => pidMetric(id)),
  ...['psi.cpu.some_us', 'cpu.busy_ms', 'cpu.steal_ms'].map((id) => hostMetric(id)),
  cgroupMetric('cgroup.throttled_us'),
];

const play = (all: readonly Who[], machine: Machine = {}): Finding[] => {
  const { cpus = 2, steal = 0, elsewhere = 0, own = 0, pressure = 850_000, seconds = 20 } = machine;
  const pids = new Map(all.map((who, at) => [who, who.pid ?? 100 + at]));
  const ticks = Array.from({ length: seconds }, (_, at): Tick => {
    const here = all.filter(({ during: [from, to] = [0, seconds] }) => at >= from && at < to);
    const table = (amount: (who: Who) => number): Record<number, number> =>
      Object.fromEntries(here.flatMap((who) => (amount(who) > 0 ? [[pids.get(who), amount(who)]] : [])));
    const usedMs = here.reduce((sum, { cpu = 0, children = 0 }) => sum + cpu + children, own + elsewhere);
    return {
      pids: {
        'proc.cpu_ms': table(({ cpu = 0 }) => cpu),
        'proc.child_cpu_ms': table(({ children = 0 }) => children),
        'proc.cpu_wait_ns': table(({ waits = 0 }) => waits * 1e6),
      },
      host: { 'psi.cpu.some_us': pressure, 'cpu.busy_ms': usedMs, 'cpu.steal_ms': steal },
      cgroups: machine.throttled === undefined ? {} : { 'cgroup.throttled_us': { 1: 4e5 } },
    };
  });
  const known = all.map((one): StreamRecord => {
    const { cpu: _, children: __, waits: ___, during: ____, ...who } = one;
    return { type: 'process', bootUs: START_US, startMs: 10, ...who, pid: pids.get(one) ?? 0 };
  });
  const header = {
    ...headerOf(),
    metrics: METRICS,
    host: { ...headerOf().host, cpus, memoryBytes: 8 * 2 ** 30 },
    selection: { ...headerOf().selection, command: machine.command ?? null },
  };
  const cgroup: StreamRecord[] =
    machine.throttled === undefined
      ? []
      : [{ type: 'cgroup', bootUs: START_US, id: 1, path: machine.throttled }];
  const samples = recordsOf(ticks, METRICS).map(
    (record): StreamRecord =>
      record.type === 'sample'
        ? { ...record, self: { ...record.self, cpuMs: 100 + own * (record.seq + 1) } }
        : record,
  );
  const { watch, state } = watched(
    sessionAfter([...cgroup, ...known, ...samples], header, createSession(header)),
  );
  return findingsOf(watch.cases, state).filter(({ id }) => id === 'cpu-contention');
};

const suspectsOf = ({ suspect, suspects }: Finding): string[] =>
  (suspects ?? (suspect === null ? [] : [suspect])).map(({ comm }) => comm);
/** Who is accused in each finding, or why nobody is. */
const accused = (all: readonly Who[], machine?: Machine): string[] =>
  play(all, machine).map((finding) => suspectsOf(finding).join(', ') || (finding.nobody ?? ''));

const NOBODY = 'many share the CPUs, and no program takes more than all others together';
const LATE: Who = { comm: 'gateway', cpu: 120, waits: 700 };
const HOG: Who = { comm: 'renderer', cpu: 1_750, waits: 200 };

const several = (count: number, one: Who): Who[] => Array.from({ length: count }, () => ({ ...one }));

describe('CPU contention', () => {
  it('names who takes the CPUs, and who waits for them', () => {
    const [finding, ...more] = play([HOG, LATE]);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      id: 'cpu-contention',
      suspect: { comm: 'renderer', pid: 100 },
      victims: [{ comm: 'gateway' }],
      signs: { seen: 6, of: 6 },
      confidence: 0.98,
    });
    expect(finding).not.toHaveProperty('program');
    expect(finding?.evidence.map(({ metric, value }) => [metric, Math.round(value * 100) / 100])).toEqual([
      ['program.cpu_ms', 1_750],
      ['program.cpu_ms', 0.94],
      ['program.cpu_ms', 14.58],
      ['psi.cpu.some_us', 850_000],
      ['program.wait_ns', expect.closeTo(7e8, -8)],
      ['cpu.busy_ms', 1_870],
    ]);
    expect(finding?.advice[0]?.command).toBe('renice -n 19 -p $(ls /proc/100/task)');
  });

  it.each<[string, readonly Who[], Machine, string[]]>([
    [
      'one thread, on two CPUs',
      [
        { comm: 'loop', cpu: 980, waits: 90 },
        ...['nginx', 'postgres', 'redis', 'cron'].map((comm) => ({ comm, cpu: 190, waits: 700 })),
      ],
      {},
      ['loop'],
    ],
    [
      'sixty-four threads, on as many CPUs',
      [
        { comm: 'solver', cpu: 60_000, waits: 900 },
        LATE,
        ...several(30, { comm: 'worker', cpu: 100, waits: 300 }),
      ],
      { cpus: 64 },
      ['solver'],
    ],
    [
      'eight compilers, of which none takes a quarter of it',
      [...several(8, { comm: 'cc1', cpu: 200, waits: 600 }), LATE, { comm: 'make', cpu: 20 }],
      {},
      [Array(8).fill('cc1').join(', ')],
    ],
    [
      'workers of one script, beside another of the same interpreter that takes little',
      [
        ...several(4, {
          comm: 'node',
          cpu: 420,
          cmdline: 'node --max-old-space-size=512 /app/worker.js --shard',
        }),
        { comm: 'node', cpu: 90, waits: 400, cmdline: 'node /app/gateway.js' },
      ],
      {},
      ['node, node, node, node'],
    ],
    [
      'a script, by what its short children take',
      [{ comm: 'configure', cpu: 60, children: 1_600, waits: 50 }, LATE],
      {},
      ['configure'],
    ],
    [
      'a hog beside what we ourselves take',
      [
        { ...HOG, cpu: 900 },
        { ...LATE, cpu: 300 },
      ],
      { own: 700 },
      ['renderer'],
    ],
  ])('is of %s', (_, all, machine, named) => {
    expect(accused(all, machine)).toEqual(named);
  });

  it('is of compilers that live for a second each, and names those that live', () => {
    const short = Array.from({ length: 40 }, (_, at): Who => {
      const from = Math.floor(at / 2);
      return { comm: 'cc1', cpu: 850, waits: 300, during: [from, from + 1] };
    });
    const [finding, ...more] = play([...short, LATE]);
    expect(more).toEqual([]);
    expect(new Set(suspectsOf(finding as Finding))).toEqual(new Set(['cc1']));
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['gateway']);
  });

  it('counts the waits of compilers that live for a second each, one after the other', () => {
    const short = Array.from(
      { length: 20 },
      (_, at): Who => ({
        comm: 'cc1',
        cpu: 300,
        waits: 400,
        during: [at, at + 1],
      }),
    );
    expect(accused([...short, { ...HOG, cpu: 1_500 }])).toEqual(['renderer']);
  });

  it('leaves out those of its kind that do little of it', () => {
    const guest = { comm: 'qemu-system-x86', cpu: 30, waits: 100 };
    const [finding] = play([{ ...guest, cpu: 1_600 }, guest, guest, LATE]);
    expect(finding?.suspects).toBeUndefined();
    expect(finding?.suspect?.pid).toBe(100);
  });

  // As they were found in an hour of ordinary work: a bystander is worse than nobody.
  it.each<[string, readonly Who[]]>([
    [
      'npm ci, with 41 % of two CPUs beside compilers, test runners and a guest',
      [
        { comm: 'npm ci', cpu: 820, waits: 500 },
        { comm: 'cc1', cpu: 380, waits: 800 },
        { comm: 'node', cpu: 420, waits: 900, cmdline: 'node vitest run' },
        { comm: 'qemu-system-x86', cpu: 350, waits: 900 },
      ],
    ],
    [
      'a guest, with 17 % of two CPUs, and nobody with much more',
      [
        { comm: 'qemu-system-x86', cpu: 340, waits: 900 },
        ...['tsc', 'esbuild', 'dpkg-deb', 'perl', 'gzip'].map((comm) => ({ comm, cpu: 320, waits: 700 })),
      ],
    ],
    [
      'two hogs alike',
      [
        { ...HOG, cpu: 900 },
        { ...HOG, comm: 'encoder', cpu: 880 },
        { ...LATE, waits: 900 },
      ],
    ],
    [
      'programs of one interpreter that have nothing to do with each other',
      ['npm-cli.js ci', 'vitest.mjs run', 'tsc.js -p .', 'server.js'].map((words) => ({
        comm: 'node',
        cpu: 480,
        waits: 700,
        cmdline: `node /app/${words}`,
      })),
    ],
    [
      'the same, where nobody knows what they run',
      [20, 21, 22, 23].map((ppid) => ({ comm: 'python3', cpu: 480, waits: 700, ppid })),
    ],
    [
      'who takes in orphans: it is charged for what it never started',
      [
        { comm: 'systemd', pid: 1, cpu: 20, children: 1_800 },
        { ...LATE, waits: 900 },
      ],
    ],
  ])('accuses nobody where that would be %s', (_, all) => {
    const [finding, ...more] = play(all);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ id: 'cpu-contention', suspect: null, nobody: NOBODY, missing: [] });
    expect(finding?.victims.length).toBeGreaterThan(0);
    expect(finding?.advice.map(({ command = '' }) => command).join()).not.toMatch(/renice|PID/);
  });

  it('names who comes to stand out, and no more than that', () => {
    const many = ['tsc', 'esbuild', 'perl', 'gzip'].map((comm) => ({ comm, waits: 800 }));
    const before = many.map((one): Who => ({ ...one, cpu: 450, during: [0, 20] }));
    const after = many.map((one): Who => ({ ...one, cpu: 60, during: [20, 40] }));
    const hog: Who = { ...HOG, during: [20, 40] };
    expect(accused([...before, ...after, hog], { seconds: 40 })).toEqual([NOBODY, 'renderer']);
    // Of a few moments in which nobody stands out beside many in which one does, nothing is said.
    const shortly = before.map((one): Who => ({ ...one, during: [0, 9] }));
    const longer = after.map((one): Who => ({ ...one, during: [9, 60] }));
    const both = accused([...shortly, ...longer, { ...HOG, during: [9, 60] }], { seconds: 60 });
    expect(both.at(-1)).toBe('renderer');
  });

  it.each<[string, readonly Who[], Machine]>([
    ['CPUs that nobody else wants', [HOG, { comm: 'gateway', cpu: 10, waits: 1 }], {}],
    ['waiting among those of one kind', several(8, { comm: 'cc1', cpu: 230, waits: 800 }), {}],
    ['a quota: they wait with CPUs to spare', [{ ...HOG, cpu: 800 }, LATE], {}],
    [
      'a quota that holds back who waits, while another keeps the CPUs busy',
      [HOG, { ...LATE, cgroup: '/lab-quota/api' }],
      { throttled: '/lab-quota' },
    ],
    ['a hypervisor that takes the time', [HOG, LATE], { steal: 700 }],
    ['little waiting', [HOG, LATE], { pressure: 90_000 }],
    [
      'the kernel at work',
      [
        { comm: 'kswapd0', ppid: 2, cpu: 1_700 },
        { comm: 'kcompactd0', ppid: 2, cpu: 200 },
      ],
      {},
    ],
    [
      'interrupts, or who is not counted, beside little',
      [{ ...HOG, cpu: 400 }, LATE],
      { elsewhere: 1_400, pressure: 300_000 },
    ],
    ['what we ourselves take', [{ comm: 'gateway', cpu: 300, waits: 700 }], { own: 1_600 }],
    [
      'a command of which nobody knows who runs beside it',
      [{ ...HOG, cpu: 700 }, LATE],
      { elsewhere: 1_100, command: ['make'] },
    ],
    [
      'children that were waited for late: more than the CPUs can give',
      [
        { comm: 'sh', cpu: 10, children: 90_000, during: [8, 9] },
        { ...LATE, cpu: 1_850, waits: 300 },
      ],
      {},
    ],
  ])('is not %s', (_, all, machine) => {
    expect(play(all, machine).flatMap(suspectsOf)).toEqual([]);
  });

  it('is not told of a shortage that is ours, or that nobody feels', () => {
    expect(play([{ comm: 'gateway', cpu: 300, waits: 700 }], { own: 1_600 })).toEqual([]);
    const niced: Who = { comm: 'encoder', cpu: 900, waits: 2_000 };
    const build: Who = { comm: 'cc1', cpu: 960, waits: 20 };
    expect(play([niced, build])).toEqual([]);
    expect(accused([niced, { ...build, waits: 700 }])).toEqual([NOBODY]);
    const calm = ['tsc', 'perl', 'gzip', 'xz'].map((comm) => ({ comm, cpu: 450, waits: 200 }));
    expect(play(calm)).toEqual([]);
    expect(play(calm, { pressure: 300_000 })).toEqual([]);
  });
});
