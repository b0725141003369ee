/** Each failure as it looks, the same with one thing missing or in the wrong order, and the innocent beside it. */
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { SIGNATURES } from '../../src/insight/findings/index.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import { leakFindings } from '../../src/insight/leaks.ts';
import { START_US } from '../helpers/stream.ts';
import {
  hostMetric,
  namedIn,
  pidMetric,
  recordsOf,
  type Tick,
  type Watched,
  watchedAfter,
} from './sessions.ts';

const SUSPECT = 7;
const OTHER = 8;
const DECOY = 9;
const NAMES = { [SUSPECT]: 'suspect', [OTHER]: 'other', [DECOY]: 'decoy' };
const GAUGES: ReadonlySet<string> = new Set([
  'mem.free',
  'mem.anon',
  'mem.slab',
  'proc.rss_bytes',
  'proc.anon_bytes',
]);

type Amounts = Readonly<Record<string, number>>;
type Scene = {
  readonly suspect?: Amounts;
  readonly other?: Amounts;
  readonly decoy?: Amounts;
  readonly host?: Amounts;
};

const tickOf = ({ suspect = {}, other = {}, decoy = {}, host = {} }: Scene): Tick => {
  const pids: Record<string, Record<number, number>> = {};
  for (const [pid, amounts] of [
    [SUSPECT, suspect],
    [OTHER, other],
    [DECOY, decoy],
  ] as const) {
    for (const [metric, amount] of Object.entries(amounts)) {
      pids[metric] ??= {};
      (pids[metric] as Record<number, number>)[pid] = amount;
    }
  }
  return { pids, host };
};

const play = (scenes: readonly Scene[], without: readonly string[] = [], ownPid?: number): Watched => {
  const ids = (key: 'pids' | 'host') => [
    ...new Set(scenes.flatMap((scene) => Object.keys(tickOf(scene)[key] ?? {}))),
  ];
  const kind = (id: string) => (GAUGES.has(id) ? 'gauge' : 'counter');
  const metrics = [
    ...ids('pids').map((id) => pidMetric(id, kind(id))),
    ...ids('host').map((id) => hostMetric(id, kind(id))),
  ].filter(({ id }) => !without.includes(id));
  return watchedAfter(recordsOf(scenes.map(tickOf), metrics, NAMES), metrics, undefined, ownPid);
};

const times = (count: number, scene: Scene | ((at: number) => Scene)): Scene[] =>
  Array.from({ length: count }, (_, at) => (typeof scene === 'function' ? scene(at) : scene));

const STORM: Scene = {
  suspect: { 'iomap.seek_hole': 60, 'iomap.iter': 60 * 20_000, 'iomap.seek_ns': 60 * 8e6 },
  decoy: { 'iomap.seek_hole': 4, 'iomap.iter': 4 * 1_600, 'iomap.seek_ns': 4 * 1e6 },
};
const COPY: Scene = { suspect: { 'iomap.seek_hole': 5_000, 'iomap.iter': 10_000, 'iomap.seek_ns': 5e6 } };

const CALM = { 'vm.pgscan_kswapd': 0, 'vm.workingset_refault': 1, 'mem.anon': 500_000 };
const RECLAIM = { 'vm.pgscan_kswapd': 90_000, 'vm.workingset_refault': 9_000, 'mem.anon': 500_000 };
const READER = { 'faults.page_cache_added': 150_000, 'faults.read_bytes': 6e8, 'kswapd.wakeups': 30 };
const VICTIM = { 'faults.major': 12, 'faults.page_cache_added': 8_000, 'faults.read_bytes': 4e7 };
const SEQUENTIAL = { 'faults.write_bytes': 1e8, 'faults.page_cache_added': 900 };
const thrash = (change: { reader?: Amounts; host?: Amounts; victim?: Amounts } = {}): Scene => ({
  suspect: change.reader ?? READER,
  other: change.victim ?? VICTIM,
  decoy: SEQUENTIAL,
  host: change.host ?? RECLAIM,
});
const CALM_BEFORE: Scene = { other: { 'faults.major': 0 }, decoy: SEQUENTIAL, host: CALM };

const CHURN: Scene = {
  suspect: { 'inode.create': 1_300, 'inode.unlink': 1_300, 'inode.rename': 1_300, 'inode.create_ns': 4e7 },
  decoy: { 'inode.create': 5, 'inode.unlink': 5, 'inode.rename': 5, 'inode.create_ns': 5e5 },
};
const UNPACK: Scene = { suspect: { 'inode.create': 3_000, 'inode.unlink': 0, 'inode.create_ns': 6e7 } };

const XFS: Scene = {
  suspect: { 'xfs-alloc.stall_ns': 9.8e8, 'xfs-alloc.failures': 50 },
  decoy: { 'xfs-alloc.stall_ns': 1e5 },
  host: { 'mem.slab': 3e6 },
};

describe('a known failure', () => {
  it.each<[string, Scene[], string[]]>([
    ['SEEK_HOLE storm', [...times(20, {}), ...times(20, STORM)], ['seek-hole-storm suspect']],
    ['a copy of sparse files', times(40, COPY), []],
    ['a storm of two seconds', [...times(20, {}), ...times(2, STORM), ...times(20, {})], []],
    ['page cache thrash', [...times(20, CALM_BEFORE), ...times(20, thrash())], ['page-cache-thrash suspect']],
    ['a reader with memory to spare', [...times(20, CALM_BEFORE), ...times(20, thrash({ host: CALM }))], []],
    [
      'reclaim that was there long before the reader',
      [...times(30, thrash({ reader: {} })), ...times(20, thrash())],
      [],
    ],
    [
      'a little reclaim before the reader, and much with it',
      [
        ...times(30, thrash({ reader: {}, host: { ...RECLAIM, 'vm.pgscan_kswapd': 4_000 } })),
        ...times(20, thrash()),
      ],
      ['page-cache-thrash suspect'],
    ],
    ['a reader that hurts nobody', [...times(20, CALM_BEFORE), ...times(20, thrash({ victim: {} }))], []],
    [
      'a process that wants memory',
      [
        ...times(20, CALM_BEFORE),
        ...times(20, (at) => thrash({ host: { ...RECLAIM, 'mem.anon': 500_000 + 400_000 * at } })),
      ],
      [],
    ],
    ['churn of lock files', [...times(5, {}), ...times(30, CHURN)], ['inode-churn suspect']],
    ['an archive being unpacked', times(30, UNPACK), []],
    ['XFS that waits for memory', [...times(10, {}), ...times(10, XFS)], ['xfs-alloc-deadlock suspect']],
    ['a stall of half a second', [...times(10, XFS).map((scene, at) => (at === 3 ? scene : {}))], []],
  ])('%s', (_, scenes, named) => {
    expect(namedIn(play(scenes))).toEqual(named);
  });

  it('is reported with numbers, victims, and what helps', () => {
    const session = play([...times(20, CALM_BEFORE), ...times(20, thrash())]);
    const [finding] = findingsOf(session.watch.cases, session.state);
    expect(finding?.victims.map(({ comm }) => comm)).toEqual(['other']);
    expect(finding?.evidence.find(({ metric }) => metric === 'faults.read_bytes')?.value).toBeCloseTo(
      6e8,
      -7,
    );
    expect(finding?.advice.some(({ command }) => command !== undefined)).toBe(true);
    expect(finding?.missing).toEqual([]);
  });

  it('is not about those who watch it', () => {
    const scenes = [...times(20, CALM_BEFORE), ...times(20, thrash())];
    const hurtUs = play(scenes, [], OTHER);
    expect(findingsOf(hurtUs.watch.cases, hurtUs.state).flatMap(({ victims }) => victims)).toEqual([]);
    const byUs = play([...times(20, {}), ...times(20, STORM)], [], SUSPECT);
    expect(namedIn(byUs)).toEqual([]);
  });

  it('is reported without what was not measured, which is said, and with less confidence', () => {
    const scenes = [...times(20, {}), ...times(20, STORM)];
    const [whole, part] = [play(scenes), play(scenes, ['iomap.iter'])].map(
      (session) => findingsOf(session.watch.cases, session.state)[0],
    );
    expect(part?.missing).toEqual(['iomap.iter']);
    expect(part?.confidence).toBeLessThan(whole?.confidence ?? 0);
  });

  it('is reported of the host alone where no process is counted, and nobody is accused', () => {
    const host = { 'vm.pgpgin': 4e5, 'vm.pgmajfault': 80 };
    const alone = (more: Amounts = {}): Scene => ({ host: { ...RECLAIM, ...host, ...more } });
    const calm: Scene = { host: { ...CALM, 'vm.pgpgin': 100, 'vm.pgmajfault': 0 } };
    const session = play([...times(20, calm), ...times(20, alone())]);
    const [finding, ...others] = findingsOf(session.watch.cases, session.state);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ id: 'page-cache-thrash', suspect: null, victims: [], confidence: 0.5 });
    expect(finding?.missing).toContain('faults.read_bytes');
    // What sar -B has not is no obstacle; two of the four are too little.
    expect(namedIn(play([...times(20, calm), ...times(20, alone())], ['vm.workingset_refault']))).toEqual([
      'page-cache-thrash undefined',
    ]);
    for (const scenes of [times(40, alone({ 'vm.pgmajfault': 0 })), times(40, alone({ 'vm.pgpgin': 200 }))])
      expect(namedIn(play(scenes))).toEqual([]);
    const little = ['vm.workingset_refault', 'vm.pgmajfault'];
    expect(namedIn(play([...times(20, calm), ...times(20, alone())], little))).toEqual([]);
  });

  it('is named by what is left when the budget has dropped a part, and says what is missing', () => {
    const metrics = ['iomap.seek_hole', 'iomap.iter', 'iomap.seek_ns'].map((id) => pidMetric(id));
    const { 'iomap.iter': _, ...left } = STORM.suspect ?? {};
    const records = recordsOf(times(20, { suspect: left }).map(tickOf), metrics, NAMES);
    const step = (uncounted: readonly string[]): StreamRecord => ({
      type: 'probe',
      bootUs: START_US,
      id: 'iomap',
      variant: 'seeks',
      state: 'attached',
      uncounted,
    });
    const session = watchedAfter([step(['iomap.iter']), ...records], metrics);
    expect(namedIn(session)).toEqual(['seek-hole-storm suspect']);
    expect(findingsOf(session.watch.cases, session.state)[0]?.missing).toEqual(['iomap.iter']);
  });

  it('of two at once, the small one beside the large one is not accused', () => {
    const both = times(20, { ...thrash(), decoy: { ...READER, 'faults.page_cache_added': 20_000 } });
    expect(namedIn(play([...times(20, CALM_BEFORE), ...both]))).toEqual(['page-cache-thrash suspect']);
  });

  it.each(SIGNATURES.map((signature) => [signature.id, signature] as const))(
    '%s is whole data',
    (_, signature) => {
      const ids = signature.conditions.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(signature.conditions.some(({ need }) => need === 'required')).toBe(true);
      for (const { order, least, most } of signature.conditions) {
        expect(least ?? most).toBeDefined();
        if (order !== undefined) expect(ids).toContain(order.after);
      }
      expect(structuredClone(signature)).toEqual(signature);
    },
  );
});

describe('high-order exhaustion', () => {
  const metrics = [
    { ...pidMetric('page-alloc.attempts_failed'), dims: ['order', 'gfp'] },
    pidMetric('page-alloc.failures'),
    hostMetric('mem.free', 'gauge'),
  ];
  const failing = (order: number, free: number) => {
    const samples = recordsOf(
      times(30, { suspect: { 'page-alloc.failures': 3 }, host: { 'mem.free': free } }).map(tickOf),
      metrics,
      NAMES,
    ).map((record) => {
      if (record.type !== 'sample') return record;
      const attempts = (record.seq + 1) * 3;
      return {
        ...record,
        counters: { ...record.counters, 'page-alloc.attempts_failed': [[SUSPECT, order, 32, attempts]] },
      };
    });
    return namedIn(watchedAfter(samples, metrics));
  };

  it('is named by failures of higher orders with memory free', () => {
    expect(failing(2, 2e6)).toEqual(['high-order-exhaustion suspect']);
  });

  it('is not what fails for single pages or huge pages, or when memory is gone', () => {
    expect(failing(0, 2e6)).toEqual([]);
    expect(failing(9, 2e6)).toEqual([]);
    expect(failing(2, 10_000)).toEqual([]);
  });
});

const decoyOf = ([scene]: readonly Scene[]): Amounts => scene?.decoy ?? {};

describe('leaks', () => {
  const MIB = 2 ** 20;
  const python = (rss: (at: number) => number, arenas: number, heap: number): Scene[] =>
    times(180, (at) => ({
      suspect: {
        'proc.rss_bytes': 50 * MIB + rss(at),
        'python.arenas': arenas,
        'python.arena_bytes': arenas * MIB,
        'python.arenas_freed': 0,
        'python.heap_grown': heap * MIB,
        'python.heap_freed': 0,
      },
      decoy: {
        'proc.rss_bytes': 300 * MIB + (at % 20) * MIB,
        'python.arenas': at % 20 === 0 ? 20 : 0,
        'python.arenas_freed': at % 20 === 19 ? 20 : 0,
        'python.arena_bytes': at % 20 === 0 ? 20 * MIB : 0,
      },
    }));
  const growing = (at: number): number => at * MIB;
  const leaksIn = (scenes: readonly Scene[], without: readonly string[] = []): string[] => {
    const session = play(scenes, without);
    return leakFindings(session.watch.leaks, session.state).map(
      ({ id, suspect }) => `${id} ${suspect?.comm}`,
    );
  };

  /** What the heap's growth was asked for by, in MiB a tick: the interpreter, and other code. */
  const asked = (own: number, native: number, arenas = 0, freed = 0): Scene[] =>
    python(growing, arenas, own + native + freed).map(({ suspect, decoy }) => ({
      suspect: {
        ...suspect,
        'python.heap_freed': freed * MIB,
        'python.own_mapped': (own + freed) * MIB,
        'python.own_unmapped': freed * MIB,
        'python.native_mapped': native * MIB,
        'python.native_unmapped': 0,
      },
      ...(decoy === undefined ? {} : { decoy }),
    }));
  const reported = (scenes: readonly Scene[], without: readonly string[] = []) => {
    const session = play(scenes, without);
    return leakFindings(session.watch.leaks, session.state);
  };

  it.each<[string, Scene[], string[]]>([
    ['long strings, that the interpreter asks malloc for', asked(1, 0), ['python-leak']],
    ['dicts of 40 keys, partly in arenas', asked(0.6, 0.05, 0.35), ['python-leak']],
    ['an extension', asked(0.03, 0.95), ['native-leak']],
    ['an extension beside large objects that come and go', asked(0.02, 0.95, 0, 5), ['native-leak']],
    ['both alike accuse nobody', asked(0.5, 0.5), []],
  ])('report whose code asks: %s', (_, scenes, named) => {
    expect(reported(scenes).map(({ id }) => id)).toEqual(named);
    for (const { severity, missing, evidence } of reported(scenes)) {
      expect({ severity, missing }).toEqual({ severity: 'high', missing: [] });
      expect(evidence.map(({ metric }) => metric)).toContain('python.own_mapped');
    }
  });

  it('claim no native code where only the arenas are known not to grow', () => {
    const [leak] = reported(python(growing, 0, 1));
    expect(leak).toMatchObject({ id: 'native-leak', severity: 'medium' });
    expect(leak?.title).toMatch(/objects above 512 bytes, or native code/);
    expect(leak?.confidence).toBeLessThan(0.6);
    expect(leak?.missing).toEqual(['python.own_mapped', 'python.native_mapped']);
    expect(leak?.advice.map(({ command }) => command ?? '').join()).toMatch(/tracemalloc.*strace .* -p 7\b/);
  });

  it('of a program that is no Python claim no allocator, and show no arenas', () => {
    const scenes = python(growing, 1, 0).map(({ suspect = {}, decoy = {} }) => ({
      suspect: { 'proc.rss_bytes': suspect['proc.rss_bytes'] ?? 0 },
      decoy,
    }));
    const [leak] = reported(scenes);
    expect(leak).toMatchObject({ id: 'native-leak', severity: 'medium', missing: [] });
    expect(leak?.title).not.toMatch(/Python/);
    expect(leak?.evidence.map(({ metric }) => metric)).toEqual(['proc.rss_bytes']);
  });

  it('of an interpreter that is not counted give the reason, and no zero', () => {
    const why = 'the interpreter in /opt/uwsgi was not known when tracing began';
    const uncovered = Object.fromEntries(
      ['arenas', 'arena_bytes', 'heap_grown', 'own_mapped'].map((name) => [`python.${name}`, why]),
    );
    const scenes = python(growing, 0, 0).map(({ suspect = {}, decoy = {} }) => ({
      suspect: { 'proc.rss_bytes': suspect['proc.rss_bytes'] ?? 0 },
      decoy,
    }));
    const metrics = ['proc.rss_bytes', ...Object.keys(decoyOf(scenes))].map((id) =>
      pidMetric(id, GAUGES.has(id) ? 'gauge' : 'counter'),
    );
    const records = recordsOf(
      scenes.map(tickOf),
      [...new Map(metrics.map((one) => [one.id, one])).values()],
      NAMES,
    );
    const marked = records.map((record) =>
      record.type === 'process' && record.pid === SUSPECT ? { ...record, uncovered } : record,
    );
    const session = watchedAfter(marked, [...new Map(metrics.map((one) => [one.id, one])).values()]);
    const [leak] = leakFindings(session.watch.leaks, session.state);
    expect(leak?.title).toMatch(/Python process grows.* was not counted/);
    expect(leak?.evidence.map(({ metric }) => metric)).toEqual(['proc.rss_bytes']);
    expect(leak?.missing).toContain('python.arena_bytes');
    expect(leak?.advice[0]?.text).toContain(why);
  });

  it('are not about those who watch', () => {
    const session = play(asked(0, 1), [], SUSPECT);
    expect(leakFindings(session.watch.leaks, session.state)).toEqual([]);
  });

  it.each<[string, Scene[], string[]]>([
    ['Python objects', python(growing, 1, 0), ['python-leak suspect']],
    ['native memory', python(growing, 0, 1), ['native-leak suspect']],
    ['native memory beside a few arenas', python(growing, 0.1, 0.9), ['native-leak suspect']],
    ['both alike accuse nobody', python(growing, 0.45, 0.45), []],
    ['a cache that has filled up', python((at) => Math.min(at, 60) * MIB, 0, 0.3), []],
    ['a sawtooth', python((at) => (at % 30) * 4 * MIB, 0, 0.1), []],
  ])('%s', (_, scenes, named) => {
    expect(leaksIn(scenes)).toEqual(named);
  });

  it('are judged by what is anonymous, where that is known: a mapped file that is read is none', () => {
    const held = (rss: number, anon: number): Scene[] =>
      times(180, (at) => ({
        suspect: { 'proc.rss_bytes': 50 * MIB + at * rss, 'proc.anon_bytes': 20 * MIB + at * anon },
      }));
    expect(leaksIn(held(MIB, 0))).toEqual([]);
    expect(leaksIn(held(MIB, MIB))).toEqual(['native-leak suspect']);
  });

  it('take a minute and more: what grows while it starts is not named', () => {
    expect(leaksIn(python(growing, 1, 0).slice(0, 70))).toEqual([]);
    expect(leaksIn(python(growing, 1, 0).slice(0, 90))).toEqual(['python-leak suspect']);
  });

  const compiler = (resident: (at: number) => number, seconds: number): StreamRecord[] => {
    const metrics = [pidMetric('proc.anon_bytes', 'gauge')];
    const scenes = times(180, (at) => ({
      suspect: at < seconds ? { 'proc.anon_bytes': resident(at) } : {},
      other: { 'proc.anon_bytes': 9 * MIB },
    }));
    const ended = recordsOf(scenes.map(tickOf), metrics, NAMES).flatMap((record): StreamRecord[] =>
      record.type === 'sample' && record.seq === seconds
        ? [{ type: 'exit', bootUs: record.bootUs - 1, pid: SUSPECT, startMs: 10, comm: 'suspect' }, record]
        : [record],
    );
    return ended;
  };
  const leaksOf = (records: readonly StreamRecord[]) => {
    const session = watchedAfter(records, [pidMetric('proc.anon_bytes', 'gauge')]);
    return leakFindings(session.watch.leaks, session.state).map(({ suspect }) => suspect?.comm);
  };

  it('of a job count the time in which it grew, not the time since its end', () => {
    const linear = (at: number): number => (40 + 7 * at) * MIB;
    expect(leaksOf(compiler(linear, 58))).toEqual([]);
    // One that went on for longer stays reported when it has ended.
    expect(leaksOf(compiler(linear, 120))).toEqual(['suspect']);
  });

  it('of a program of which nothing but its size is known must be steady', () => {
    const phases = [8, 1.2, 9, 0.9, 6, 1];
    const held = [...Array(120).keys()].map((at) =>
      phases
        .slice(0, Math.floor(at / 20))
        .reduce((sum, rise) => sum + rise * 20, 40 + (phases[Math.floor(at / 20)] ?? 0) * (at % 20)),
    );
    expect(leaksOf(compiler((at) => (held[at] ?? 0) * MIB, 120))).toEqual([]);
  });

  it('without a probe of Python are reported with little confidence', () => {
    const scenes = times(180, (at) => ({ suspect: { 'proc.rss_bytes': 50 * MIB + at * MIB } }));
    const session = play(scenes);
    const [leak] = leakFindings(session.watch.leaks, session.state);
    expect(leak).toMatchObject({
      id: 'native-leak',
      missing: expect.arrayContaining(['python.arena_bytes']),
    });
    expect(leak?.confidence).toBeLessThan(0.6);
  });
});
