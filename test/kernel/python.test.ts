/**
 * Python's memory and collections against the truth from inside the interpreter, for every interpreter of this host:
 * one linked statically (Debian's), one with libpython and without markers (pyenv's), in a virtual environment, in
 * another mount namespace, running before, forked.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { expectNoLosses, READY, runTool, type Summary, startTool, summaryOf } from '../helpers/tool.ts';
import { waitUntil } from '../helpers/until.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const TRUTH = WORKLOADS.pythonTruth;
const DEBIAN = '/usr/bin/python3';

type Truth = {
  readonly pid: number;
  readonly mode: string;
  readonly executable: string;
  readonly version: string;
  readonly arenas: { readonly made: number; readonly freed: number; readonly size: number };
  readonly gc: readonly [number, number, number];
  readonly minorFaults: number;
  readonly bytes?: number;
};

/** Those of pyenv: with libpython, without markers. */
const shared = ['3.9.18', '3.10.13', '3.12.1', '3.13.0']
  .map((version) => join(homedir(), '.pyenv/versions', version, 'bin/python3'))
  .filter((path) => existsSync(path));

const WORKERS = 11;
const PERL = 'my @keep; push @keep, "x" x 1048500 for 1 .. 23; sleep 1';

describeWith([...TRACING, DEBIAN, 'perl'], 'the python probe', () => {
  let out: string;
  let all: { readonly summary: Summary; readonly truths: readonly Truth[] };

  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'stallscope-python-'));
    const served = virtualEnvironment(join(out, 'venv'));
    // One session for all of it, because attaching takes longer than the work.
    all = await record([
      ...['objects', 'native', 'mapped', 'large', 'slow', 'python'].map(
        (mode) => `${DEBIAN} ${TRUTH} ${mode} &`,
      ),
      `${DEBIAN} ${TRUTH} workers ${WORKERS} &`,
      `${served} objects &`,
      `perl -e '${PERL}' &`,
      ...shared.map((python) => `${python} ${TRUTH} slow &`),
    ]);
  });
  afterAll(() => {
    rmSync(out, { recursive: true, force: true });
  });

  const record = async (commands: readonly string[], options: readonly string[] = []) => {
    const file = join(out, 'session.ndjson');
    const args = [
      'record',
      '--force',
      '-o',
      file,
      '--force',
      '--budget',
      'off',
      '--probe',
      'python',
      '-i',
      '200ms',
      ...options,
    ];
    const end = await runTool([...args, '--', 'sh', '-c', [...commands, 'wait'].join('\n')]);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    return { summary: await summaryOf(file), truths: truthsIn(end.stdout + end.stderr) };
  };

  const truthOf = (mode: string, executable: string = DEBIAN): Truth =>
    only(all.truths.filter((truth) => truth.mode === mode && truth.executable === executable));

  const processOf = ({ pid }: Truth, summary: Summary = all.summary): Summary['pids'][number] => {
    const found = summary.pids.find((one) => one.pid === pid);
    if (found === undefined) throw new Error(`PID ${pid} was not counted`);
    return found;
  };

  const metricsOf = (truth: Truth): Readonly<Record<string, number>> => processOf(truth).metrics;

  const expectExact = (truth: Truth, hasMarkers: boolean, summary: Summary = all.summary): void => {
    const { metrics } = processOf(truth, summary);
    const { arenas, gc } = truth;
    expect(
      { made: metrics['python.arenas'], freed: metrics['python.arenas_freed'] ?? 0 },
      'arenas as sys._debugmallocstats has them',
    ).toEqual({ made: arenas.made, freed: arenas.freed });
    expect(metrics['python.arena_bytes']).toBe(arenas.made * arenas.size);
    const collections = [0, 1, 2].map((generation) => metrics[`python.gc${generation}`] ?? 0);
    expect(collections, 'collections as gc.get_stats has them').toEqual(hasMarkers ? gc : [0, 0, 0]);
  };

  it('loses nothing but the collections of interpreters without markers', () => {
    const { byKind, ...losses } = all.summary.losses;
    expectNoLosses({ coverage: all.summary.coverage, losses: { ...losses, byKind: {} } });
    const unseen = all.summary.coverage['python.gc0']?.reasons ?? [];
    expect(unseen).toEqual(shared.length === 0 ? [] : [expect.stringContaining(`${shared.length} program`)]);
    expect(Object.keys(byKind)).toEqual(shared.length === 0 ? [] : ['unseen-program']);
    expect(all.summary.coverage['python.arenas']).toEqual({ coverage: 'exact', reasons: [] });
    expect(all.truths).toHaveLength(6 + (WORKERS + 1) + 1 + shared.length);
  });

  it('counts arenas made and freed, and collections of each generation, exactly', () => {
    const truth = truthOf('objects');
    expect(truth.arenas.made).toBeGreaterThan(10);
    expect(truth.arenas.freed).toBeGreaterThan(10);
    expect(truth.gc[0]).toBeGreaterThanOrEqual(23);
    expectExact(truth, true);
    expect(metricsOf(truth)['python.gc_ns']).toBeGreaterThan(10_000);
  });

  it.each(['native', 'large', 'slow'])('counts what %s takes beside the arenas', (mode) => {
    const truth = truthOf(mode);
    expectExact(truth, true);
    const { bytes = 0 } = truth;
    const grown = metricsOf(truth)['python.heap_grown'] ?? 0;
    expect(grown).toBeGreaterThanOrEqual(bytes);
    // An interpreter takes about 2 MB to start; malloc adds a few bytes to each block.
    expect(grown).toBeLessThan(bytes * 1.02 + 3_000_000);
  });

  it.each([
    ['mapped', 'native_mapped', 'own_mapped'],
    ['large', 'own_mapped', 'native_mapped'],
  ])('says whose large blocks they are: %s', (mode, most, hardly) => {
    const { bytes = 0 } = truthOf(mode);
    const metrics = metricsOf(truthOf(mode));
    expect(metrics[`python.${most}`]).toBeGreaterThan(bytes * 0.95);
    // What an interpreter takes to start.
    expect(metrics[`python.${hardly}`] ?? 0).toBeLessThan(3_000_000);
    const reported = (metrics['python.own_mapped'] ?? 0) + (metrics['python.native_mapped'] ?? 0);
    expect(reported).toBeLessThanOrEqual(metrics['python.heap_grown'] ?? 0);
  });

  it('says nothing of whose the heap of smaller blocks is', () => {
    for (const mode of ['native', 'slow'])
      for (const whose of ['own', 'native'])
        expect(metricsOf(truthOf(mode))[`python.${whose}_mapped`] ?? 0).toBeLessThan(3_000_000);
  });

  it('reports a leak of native memory from one of Python objects', () => {
    const shareOfArenas = (truth: Truth): number => {
      const metrics = metricsOf(truth);
      const net = (metrics['python.heap_grown'] ?? 0) - (metrics['python.heap_freed'] ?? 0);
      const arenas = metrics['python.arena_bytes'] ?? 0;
      return arenas / (arenas + net);
    };
    expect(shareOfArenas(truthOf('slow'))).toBeLessThan(0.15);
    expect(shareOfArenas(truthOf('python'))).toBeGreaterThan(0.6);
  });

  it('reads what the process holds, and its faults as getrusage has them', () => {
    const truth = truthOf('slow');
    const metrics = metricsOf(truth);
    expect(metrics['proc.anon_bytes']).toBeGreaterThan(truth.bytes ?? 0);
    expect(metrics['proc.rss_bytes']).toBeGreaterThan(metrics['proc.anon_bytes'] ?? 0);
    // The last reading is up to an interval older than its end, in which it read and printed its statistics.
    const faults = metrics['proc.minor_faults'] ?? 0;
    expect(faults).toBeGreaterThan(truth.minorFaults * 0.95);
    expect(faults).toBeLessThan(truth.minorFaults * 1.02 + 50);
  });

  it('counts forked workers one by one, however short they live', () => {
    const workers = all.truths.filter(({ mode }) => mode === 'workers');
    expect(workers).toHaveLength(WORKERS + 1);
    for (const truth of workers) expectExact(truth, true);
  });

  it('counts the interpreter of a virtual environment, run by a script that names it', () => {
    const truth = truthOf('objects', join(out, 'venv/bin/python'));
    expectExact(truth, true);
    expect(processOf(truth).comm).toBe('serve');
  });

  it('counts nothing of another program that does what Python does', () => {
    const counted = all.summary.pids
      .filter(({ metrics }) => Object.keys(metrics).some((id) => id.startsWith('python.')))
      .map(({ pid }) => pid)
      .sort();
    expect(counted).toEqual(all.truths.map(({ pid }) => pid).sort());
  });

  const noShared = shared.length === 0 ? ' [needs pyenv]' : '';
  describe.skipIf(shared.length === 0)(`with libpython and without markers${noShared}`, () => {
    it.each(shared)('counts arenas, and says why collections are not counted: %s', (python) => {
      const truth = all.truths.filter((one) => one.mode === 'slow' && one.executable === python);
      expectExact(only(truth), false);
      const { metrics, uncovered } = processOf(only(truth));
      expect(Object.keys(metrics).filter((id) => id.startsWith('python.gc'))).toEqual([]);
      for (const id of ['gc0', 'gc1', 'gc2', 'gc_ns']) {
        expect(uncovered[`python.${id}`]).toMatch(/libpython.* has no USDT markers for garbage collections/);
      }
    });
  });

  it('counts what ran before, inside another mount namespace, and nobody else with -p', async () => {
    const { child, ready } = startInContainer(join(out, 'container'));
    const { pid } = await ready;
    const file = join(out, 'before.ndjson');
    const args = [
      'record',
      '--force',
      '-o',
      file,
      '--budget',
      'off',
      '--probe',
      'python',
      '-i',
      '200ms',
      '-p',
      String(pid),
      '-d',
      '60s',
    ];
    const tool = startTool(args);
    await tool.says(READY);
    child.stdin?.write('\n');
    const truth = { ...only(truthsIn((await child).stdout)), pid };
    tool.kill('SIGINT');
    await tool.ended;
    const summary = await summaryOf(file);
    expect(summary.pids.map((one) => one.pid)).toEqual([pid]);
    expectExact(truth, true, summary);
    expect(processOf(truth, summary).uncovered).toEqual({});
  });

  it('knows an interpreter by what it maps: renamed, replaced, forking, embedded; and by nothing else', async () => {
    const renamed = join(out, 'uwsgi');
    copyFileSync(DEBIAN, renamed);
    const before = [startTruth(renamed, ['wait']), startTruth(renamed, ['wait'], { PYTHONMALLOC: 'malloc' })];
    const file = join(out, 'names.ndjson');
    const [library] = shared.map(libpythonOf).filter((path) => path !== null);
    const embedding = library == null ? null : compile(out, 'gunicorn', EMBEDDING, '-ldl');
    try {
      const waiting = await Promise.all(before.map(async ({ ready }) => ready));
      rmSync(renamed);
      const later = join(out, 'celery');
      copyFileSync(DEBIAN, later);
      const args = [
        '--probe',
        'python',
        '--count',
        'execs=tracepoint:sched:sched_process_exec',
        '--budget',
        'off',
        '-i',
        '200ms',
        '--map-keys',
        '256',
        '-d',
        '60s',
      ];
      const tool = startTool(['record', '--force', '-o', file, ...args]);
      await tool.says(READY);
      // Its environment is read when it is looked at, which is with the first sample: an interval after it attached.
      const isMet = (pid: number): boolean =>
        new RegExp(`"type":"process","bootUs":\\d+,"pid":${pid},`).test(readFileSync(file, 'utf8'));
      await waitUntil(() => waiting.every(isMet), 60_000, tool.stderr);
      for (const { child } of before) child.stdin?.write('\n');
      const embedded =
        embedding === null || library == null
          ? null
          : startTruth(embedding, ['objects'], { PYTHONHOME: join(library, '../..') }, [library]);
      const unknown = startTruth(later, ['objects']);
      // More than the maps have room for, all at once.
      const others = execa('sh', ['-c', 'for i in $(seq 300); do sleep 3 & done; wait'], { reject: false });
      const ended = await Promise.all([...before, embedded, unknown].map(async (one) => one?.child));
      await others;
      tool.kill('SIGINT');
      await tool.ended;
      const summary = await summaryOf(file);
      expect(
        summary.pids.filter(({ comm, metrics }) => comm === 'sleep' && 'python.memory_calls' in metrics),
      ).toEqual([]);
      const [first, withMalloc, inLibrary, unseen] = ended.map((end) =>
        end == null ? null : only(truthsIn(String(end.stdout))),
      );
      if (first == null || withMalloc == null || unseen == null) throw new Error('a workload said nothing');
      expect([first.pid, withMalloc.pid]).toEqual(waiting);
      const memory = (truth: Truth) => {
        const { metrics, uncovered } = processOf(truth, summary);
        return { made: metrics['python.arenas'], grown: metrics['python.heap_grown'] ?? 0, uncovered };
      };
      expect(memory(first).made).toBe(first.arenas.made);
      expect(memory(withMalloc).uncovered['python.arenas']).toMatch(/PYTHONMALLOC=malloc/);
      expect(memory(withMalloc).grown).toBeGreaterThan(4_000_000);
      expect(memory(unseen).uncovered['python.heap_grown']).toMatch(/celery was not known/);
      expect(processOf(unseen, summary).metrics).not.toHaveProperty(['python.heap_grown']);
      if (inLibrary != null) {
        const { made, grown } = memory(inLibrary);
        expect({ made, grows: grown > 1_000_000 }).toEqual({ made: inLibrary.arenas.made, grows: true });
      }
    } finally {
      for (const { child } of before) child.kill('SIGKILL');
    }
  });

  it('says what it cannot count of interpreters that begin later and are over at once', async () => {
    const bin = join(out, 'later');
    mkdirSync(bin);
    const copy = (name: string): string => {
      copyFileSync(DEBIAN, join(bin, name));
      return join(bin, name);
    };
    const [uwsgi, gone] = [copy('uwsgi'), copy('gone')];
    const file = join(out, 'later.ndjson');
    // Over between two looks at all that live; run by a shell that is there when the file is asked for.
    const interpreters = "./uwsgi -c 'print(1)' && ./uwsgi -c 'print(2)' && ./gone -c 'print(3)' && rm gone";
    const ordinary = 'for i in $(seq 50); do /bin/true; sh -c :; perl -e 1; done';
    const args = ['record', '--force', '-o', file, '--probe', 'python', '--budget', 'off', '-i', '30s'];
    const commands = `cd ${bin}; ${interpreters}; ${ordinary}; sleep 1`;
    const end = await runTool([...args, '--', 'sh', '-c', commands]);
    expect(end.stdout + end.stderr).toMatch(/^1\n2\n3$/m);
    const { coverage, pids, losses } = await summaryOf(file);
    for (const metric of ['python.arenas', 'python.heap_grown', 'python.gc0']) {
      const isMemory = metric !== 'python.gc0';
      expect(coverage[metric], metric).toEqual({
        coverage: isMemory ? 'estimate' : 'lower-bound',
        reasons: [
          expect.stringMatching(
            isMemory
              ? /^2 programs begun since it attached are not counted.*: too low or too high/
              : /^2 programs begun since it attached are not counted/,
          ),
        ],
      });
      for (const name of [uwsgi, gone]) {
        const row = pids.find(({ comm }) => comm === basename(name));
        expect(row?.uncovered[metric], `${metric} of ${name}`).toMatch(/not known|gone before/);
      }
    }
    expectNoLosses({ coverage, losses: { ...losses, byKind: {} } });
    expect(Object.keys(losses.byKind)).toEqual(['unseen-program']);
  });

  it('counts calls of the allocator only when asked, and calls them that', async () => {
    const { summary, truths } = await record([`${DEBIAN} ${TRUTH} large 5`], ['--variant', 'python=api']);
    const { metrics } = processOf(only(truths), summary);
    expect(metrics['python.arenas']).toBe(only(truths).arenas.made);
    expect(metrics['python.api_mem']).toBeGreaterThan(100);
    expect(metrics['python.api_new']).toBeGreaterThan(100);
    expect(all.summary.totals).not.toHaveProperty('python.api_mem');
  });
});

const truthsIn = (text: string): Truth[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{"pid"'))
    .map((line) => JSON.parse(line) as Truth);

const only = ([truth, ...more]: readonly Truth[]): Truth => {
  if (truth === undefined || more.length > 0)
    throw new Error(`one truth, not ${more.length + (truth ? 1 : 0)}`);
  return truth;
};

/** A script of that environment, which does what the workload does. */
const virtualEnvironment = (folder: string): string => {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(DEBIAN, join(bin, 'python'));
  writeFileSync(join(folder, 'pyvenv.cfg'), 'home = /usr/bin\n');
  const script = join(bin, 'serve');
  writeFileSync(script, `#!${join(bin, 'python')}\n${readFileSync(TRUTH, 'utf8')}`, { mode: 0o755 });
  return script;
};

/** Runs the interpreter that a library holds, under a name of its own. */
const EMBEDDING = `
#include <dlfcn.h>
int main(int argc, char **argv) {
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  int (*run)(int, char **) = library ? dlsym(library, "Py_BytesMain") : 0;
  return run ? run(argc - 1, argv + 1) : 1;
}`;

const libpythonOf = (python: string): string | null => {
  const version = /versions\/(\d\.\d+)/.exec(python)?.[1];
  const path = join(python, '../../lib', `libpython${version}.so.1.0`);
  return version !== '3.9' && existsSync(path) ? path : null;
};

/** `wait` says when it is ready: then the PID. */
const startTruth = (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
) => {
  const child = execa(program, [...before, TRUTH, ...args], { env, reject: false, stdin: 'pipe' });
  const ready = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('ready')) resolve(child.pid ?? -1);
    });
    void child.then(({ stderr }) => reject(new Error(`it ended:\n${stderr}`)));
  });
  ready.catch(() => undefined);
  return { child, ready };
};

/** Under a root of its own whose interpreter is another file than the host's, as in a container. */
const startInContainer = (root: string) => {
  mkdirSync(join(root, 'opt/bin'), { recursive: true });
  for (const name of ['usr', 'lib', 'lib64', 'tmp', 'dev', 'proc']) mkdirSync(join(root, name));
  const name = basename(realpathSync(DEBIAN));
  copyFileSync(DEBIAN, join(root, 'opt/bin', name));
  copyFileSync(TRUTH, join(root, 'opt/truth.py'));
  const enter = [
    'mount -t tmpfs none "$0/tmp"',
    'for d in usr lib lib64 dev; do [ -e "/$d" ] && mount --rbind "/$d" "$0/$d"; done',
    `exec chroot "$0" /usr/bin/env PYTHONHOME=/usr /opt/bin/${name} /opt/truth.py wait`,
  ].join('\n');
  const child = execa('unshare', ['-m', '--propagation', 'private', 'sh', '-ec', enter, root], {
    stdin: 'pipe',
    reject: false,
  });
  const ready = new Promise<{ pid: number }>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      // unshare, sh, chroot and env each became the next: one PID from first to last.
      if (chunk.includes('ready')) resolve({ pid: child.pid ?? -1 });
    });
    void child.then(({ stderr }) => reject(new Error(`it ended:\n${stderr}`)));
  });
  return { child, ready };
};
