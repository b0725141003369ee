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
import { describeWith, TRACING } from '../helpers/requires.ts';
import { NO_LOSSES, READY, runTool, type Summary, startTool, summaryOf } from '../helpers/tool.ts';
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
      ...['objects', 'native', 'large', 'slow', 'python'].map((mode) => `${DEBIAN} ${TRUTH} ${mode} &`),
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

  it('loses nothing', () => {
    expect(all.summary.losses).toEqual(NO_LOSSES);
    expect(all.truths).toHaveLength(5 + (WORKERS + 1) + 1 + shared.length);
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

  it('tells a leak of native memory from one of Python objects', () => {
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
    const counted = all.summary.pids.map(({ pid }) => pid).sort();
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
