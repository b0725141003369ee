/** Real incidents are named, with the right suspect; what only looks like one, and ordinary work, is not. */
import { describe, expect, it } from 'vitest';
import { findingsIn, mostOf, realSessions, samplesIn, sessionAtEnd } from '../helpers/incidents.ts';

describe('a real session', () => {
  it('is there of every kind, and of every failure that has a name', () => {
    const named = new Set(realSessions.flatMap(({ findings }) => findings.map(({ id }) => id)));
    expect([...named].sort()).toEqual([
      'cgroup-cpu-throttle',
      'cgroup-memory-limit',
      'cpu-contention',
      'flooded-device',
      'high-order-exhaustion',
      'inode-churn',
      'lock-pile-up',
      'native-leak',
      'oom-kill',
      'page-cache-thrash',
      'python-leak',
      'seek-hole-storm',
      'slow-device',
      'sync-storm',
      'xfs-alloc-deadlock',
    ]);
    expect(new Set(realSessions.map(({ kind }) => kind))).toEqual(new Set(['incident', 'near miss', 'null']));
  });

  /** What a near miss must have done, in all, to be near. */
  const NEAR: Readonly<Record<string, readonly [metric: string, least: number]>> = {
    'seek-hole-storm': ['iomap.iter', 20_000],
    'page-cache-thrash': ['faults.page_cache_added', 50_000],
    'high-order-exhaustion': ['page-alloc.extfrag', 1],
    'inode-churn': ['inode.create', 1_000],
    'xfs-alloc-deadlock': ['xfs-alloc.failures', 9],
    'native-leak': ['proc.rss_bytes', 60 * 2 ** 20],
    'python-leak': ['python.arenas', 50],
    'cgroup-memory-limit': ['cgroup.limit_max', 50],
    'cpu-contention': ['proc.cpu_ms', 8_000],
    'oom-kill': ['proc.anon_bytes', 30 * 2 ** 20],
    'slow-device': ['disk.max_ns', 5e7],
    'flooded-device': ['disk.read_bytes', 100 * 2 ** 20],
    'sync-storm': ['sync.calls', 500],
    'lock-pile-up': ['blocked.max_ns', 1e9],
    'swap-storm': ['proc.anon_bytes', 30 * 2 ** 20],
  };

  // One after the other: each is folded once.
  describe.each(realSessions.map((session) => [session.kind, session.name, session] as const))(
    '%s %s',
    (_, __, { near, path, findings: truth }) => {
      if (near !== undefined) {
        it(`is near to ${near}`, () => {
          const [metric, least] = NEAR[near] ?? ['', 0];
          expect(mostOf(path, metric)).toBeGreaterThanOrEqual(least);
        });
      }

      it('is kept whole', () => {
        const { state } = sessionAtEnd(path);
        expect(state.samples).toBe(samplesIn(path));
        expect(state.losses.get('damaged') ?? 0).toBe(0);
      });

      it('is named for what it is', () => {
        const found = findingsIn(path);
        const reported = (findings: readonly { id: string; suspect: { pid: number } | null }[]): string[] =>
          findings.map(({ id, suspect }) => `${id} ${suspect?.pid}`).sort();
        expect(reported(found)).toEqual(reported(truth));
        for (const { id, victims } of truth) {
          const suffering = found.find((finding) => finding.id === id)?.victims.map(({ comm }) => comm);
          expect(suffering).toEqual(expect.arrayContaining([...victims]));
        }
      });
    },
  );
});

/** Left when no probe runs: what sar or a host without rights has. */
const hostOnly = (metric: string): boolean =>
  /^(?:(?:vm|mem|psi|cpu|load|swap|buddy|zone)\.|disk\.[^.]+\.)/.test(metric);
const without =
  (...prefixes: readonly string[]) =>
  (metric: string): boolean =>
    !prefixes.some((prefix) => metric.startsWith(prefix));

/** What counters of the machine show, without saying who. */
const SEEN_BY_THE_HOST: readonly string[] = [
  'page-cache-thrash',
  'oom-kill',
  'slow-device',
  'flooded-device',
];
/** Of which the host's counters show another side: what the limit of a control group does. */
const SWAPS = 'swap-in-group';

describe('on a lesser host', () => {
  const named = (session: string, has: (metric: string) => boolean) => {
    const { path = '' } = realSessions.find(({ name }) => name === session) ?? {};
    return findingsIn(path, has);
  };

  it.each<[string, (metric: string) => boolean, string, string, string]>([
    ['seek-hole-mirror', without('iomap.iter'), 'seek-hole-storm', 'qemu-system-x86', 'iomap.iter'],
    ['cache-thrash-6.12', without('kswapd.'), 'page-cache-thrash', 'backup', 'kswapd.wakeups'],
    ['lock-files', without('inode.create_ns', 'inode.rename'), 'inode-churn', 'imapd', 'inode.create_ns'],
    ['05-xfs-deadlock', without('xfs-alloc.failures'), 'xfs-alloc-deadlock', 'victim', 'xfs-alloc.failures'],
    [
      '06-high-order',
      without('page-alloc.extfrag', 'vm.compact'),
      'high-order-exhaustion',
      'mlx4-rx',
      'page-alloc.extfrag',
    ],
  ])(
    '%s is named, with less confidence, and what was not measured is said',
    (session, has, id, comm, missing) => {
      const [whole] = named(session, () => true);
      const [part, ...more] = named(session, has);
      expect(more).toEqual([]);
      expect(part).toMatchObject({ id, suspect: { comm }, missing: expect.arrayContaining([missing]) });
      expect(part?.confidence).toBeLessThanOrEqual(whole?.confidence ?? 0);
    },
  );

  it('without any probe a thrash is seen, nobody is accused, and what would decide is said', () => {
    const [finding, ...more] = named('cache-thrash-6.12', hostOnly);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ id: 'page-cache-thrash', suspect: null, victims: [] });
    expect(finding?.missing).toContain('faults.page_cache_added');
    expect(finding?.confidence).toBeLessThan(0.6);
  });

  it.each(
    realSessions
      .filter(({ findings }) => !findings.some(({ id }) => SEEN_BY_THE_HOST.includes(id)))
      .filter(({ name }) => name !== SWAPS)
      .map(({ name }) => [name]),
  )('without any probe nothing is named in %s', (session) => {
    expect(named(session, hostOnly)).toEqual([]);
  });

  it('without any probe an OOM kill is seen, and not of whom', () => {
    const [finding, ...more] = named('oom-in-group', hostOnly);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ id: 'oom-kill', suspect: null, victims: [] });
    expect(finding?.missing).toContain('oom.kills');
  });

  it('without any probe a device that is slow, or flooded, is seen, and nobody is accused of it', () => {
    for (const [session, id] of [
      ['slow-disk', 'slow-device'],
      ['disk-flooded', 'flooded-device'],
    ] as const) {
      const [finding, ...more] = named(session, hostOnly);
      expect(more).toEqual([]);
      expect(finding).toMatchObject({ id, suspect: null, victims: [] });
      expect(finding?.device).toMatch(/^loop\d+$/);
    }
  });

  it('where limits of control groups are not read swapping is seen, and whose pages come back', () => {
    expect(named(SWAPS, without('cgroup.'))).toMatchObject([
      { id: 'swap-storm', suspect: null, victims: [{ comm: 'session-cache' }] },
    ]);
    expect(named(SWAPS, hostOnly)).toMatchObject([{ id: 'swap-storm', suspect: null, victims: [] }]);
    expect(named('swapped-out-once', without('cgroup.'))).toEqual([]);
  });

  it('without the probe of Python nobody says which allocator of a Python process leaks', () => {
    expect(named('04-leaks', without('python.'))).toEqual([]);
    expect(named('native-leak-daemon', without('python.'))).toMatchObject([
      {
        id: 'native-leak',
        suspect: { comm: 'collectd' },
        missing: expect.arrayContaining(['python.arena_bytes']),
      },
    ]);
  });
});
