import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSeries } from '../../src/cli/extents-into.ts';
import { earlierIn } from '../../src/cli/extents-state.ts';
import { inspectProcess } from '../../src/host/inspect.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { runHere } from '../helpers/command.ts';
import { examples } from '../helpers/examples.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'extents-'));
const path = (...names: string[]): string => join(folder, ...names);
const HOSTILE = 'evil\n   0: 1: \u001b[31m"\\.raw';
const state = path('state', 'extents.json');

const written = (file: string, blocks: number): void =>
  void spawnSync('perl', [
    '-e',
    'open F, ">", shift; for (0..shift()-1) { seek F, $_ * 1048576, 0; print F "a" x 4096 } system "sync", $ARGV[0]',
    file,
    String(blocks),
  ]);

beforeAll(() => {
  mkdirSync(path('images', 'deep', 'deeper'), { recursive: true });
  written(path('images', 'three.raw'), 3);
  written(path('images', 'deep', 'five.raw'), 5);
  written(path('images', 'deep', HOSTILE), 2);
  written(path('images', 'deep', 'deeper', 'far.raw'), 2);
  writeFileSync(path('images', 'small.raw'), 'x');
  writeFileSync(path('images', 'notes.txt'), 'x'.repeat(2_000_000));
  symlinkSync(path('images', 'three.raw'), path('images', 'link.raw'));
  linkSync(path('images', 'three.raw'), path('images', 'other name.raw'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const holds = (pid: number, name: string): boolean =>
  readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).includes(path(name));
    } catch {
      return false;
    }
  });

const extents = (...args: string[]) => runHere('extents', '--state', state, '--rate', '1000', ...args);
type File = {
  path: string;
  extents: number | null;
  growth: { extents: number } | null;
  openBy: { pid: number }[];
};
const filesOf = (stdout: string): File[] => JSON.parse(stdout).files;
/** Some file systems do not say; then there is nothing to compare. */
const counts = spawnSync('filefrag', ['-v', '/proc/self/exe'], { encoding: 'utf8' }).status === 0;

describe.skipIf(!counts)('extents (needs filefrag, and a file system that lists extents)', () => {
  it('walks a directory within its bounds, and says what it left out', async () => {
    const { stdout, exitCode } = await extents(
      path('images'),
      ...['--include', '*.raw', '--depth', '2', '--json', '--top', '2'],
    );
    expect(exitCode).toBe(0);
    const files = filesOf(stdout);
    expect(files.map((file) => file.path)).toContain(path('images', 'deep', 'five.raw'));
    expect(files).toHaveLength(2);
    const sizes = files.map((file) => file.extents ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    const left = Object.fromEntries(
      JSON.parse(stdout).leftOut.map(({ reason, count }: { reason: string; count: number }) => [
        reason,
        count,
      ]),
    );
    expect(left).toEqual({
      'its name does not match': 1,
      'symbolic link': 1,
      'another name of a file that is counted': 1,
      'smaller than --min-size': 1,
      'directory deeper than --depth 2': 1,
      'counted, but fewer extents than the first 2 (--top)': 1,
    });
  });

  it('says what has grown since the last report, and of another file of that name nothing', async () => {
    const file = path('growing.raw');
    const replaced = path('replaced.raw');
    written(file, 2);
    written(replaced, 2);
    const first = filesOf((await extents(file, replaced, '--json')).stdout);
    expect(first.map(({ growth }) => growth)).toEqual([null, null]);
    written(file, 9);
    rmSync(replaced);
    written(replaced, 9);
    const again = filesOf((await extents(file, replaced, '--json')).stdout);
    const of = (list: File[], name: string) => list.find((one) => one.path === name);
    expect(of(again, file)?.growth?.extents).toBe(
      (of(again, file)?.extents ?? 0) - (of(first, file)?.extents ?? 0),
    );
    expect(of(again, replaced)?.growth).toBeNull();
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });

  it('names who has a file open', async () => {
    const child = spawn('sleep', ['60'], {
      stdio: [openSync(path('images', 'three.raw'), 'r'), 'ignore', 'ignore'],
    });
    try {
      const { stdout } = await extents(path('images', 'three.raw'), '--json');
      expect(filesOf(stdout)[0]?.openBy).toEqual([{ pid: child.pid, comm: 'sleep' }]);
    } finally {
      child.kill();
    }
  });

  it('a hostile name is data: in text, in JSON, and for a scraper', async () => {
    const file = path('images', 'deep', HOSTILE);
    const text = await extents(file);
    expect(text.stdout).not.toContain('\u001b');
    expect(text.stdout).toContain('evil\u240a   0: 1: \u241b[31m"\\.raw');
    const { stdout } = await extents(file, '--format', 'openmetrics');
    const line = stdout.split('\n').find((one) => one.startsWith('stallscope_file_extents{'));
    expect(line).toContain('evil\\n   0: 1: \u241b[31m\\"\\\\.raw"} ');
    expect(stdout.endsWith('# EOF')).toBe(true);
    expect(filesOf((await extents(file, '--json')).stdout)[0]?.path).toBe(file);
  });

  it('--into keeps each report as a sample of a recording of its own', async () => {
    const into = path('reports.ndjson.gz');
    const file = path('series.raw');
    for (const blocks of [2, 9]) {
      written(file, blocks);
      expect(await extents(file, path('images', 'three.raw'), '--into', into)).toMatchObject({ exitCode: 0 });
    }
    const now = filesOf((await extents(file, '--json')).stdout)[0]?.extents;
    const { samples, metrics } = readSeries(into);
    expect(samples).toHaveLength(2);
    const id = metrics.find(({ help }) => help === `Extents of ${file}`)?.id ?? expect.fail('it has a gauge');
    expect(samples[1]?.values[id]).toBe(now);
    expect(samples[1]?.realMs).toBeGreaterThan(samples[0]?.realMs ?? 0);
    expect(readdirSync(folder).filter((name) => name.includes('reports'))).toEqual(['reports.ndjson.gz']);
    const summary = JSON.parse((await runHere('summary', into, '--json')).stdout);
    expect(summary.recording.complete).toBe(true);
    expect(summary.host[id].last ?? summary.host[id]).toBeDefined();
  });

  it('what was reported of a file is known of it while it is open, and of no other in its place', async () => {
    const file = path('open.raw');
    const directory = path('known');
    const known = async (nowMs: number) => {
      const fd = openSync(file, 'r');
      const inspection = await inspectProcess(localFiles, process.pid, null, {
        extents: false,
        threads: false,
      });
      closeSync(fd);
      const open = inspection?.files.find((one) => one.path === file) ?? expect.fail('it is open');
      return earlierIn({ STATE_DIRECTORY: directory }, nowMs)(open);
    };
    const make = (blocks: number): void => {
      written(file, blocks);
      // Of many open files the largest are looked at.
      truncateSync(file, 2 ** 31);
    };
    make(4);
    await runHere('extents', '--state', join(directory, 'extents.json'), file);
    const { atMs, extents } = JSON.parse(readFileSync(join(directory, 'extents.json'), 'utf8')).files[file];
    expect(await known(atMs + 5_000)).toEqual({ extents, agoMs: 5_000 });
    expect(await known(atMs - 1)).toBeNull();
    rmSync(file);
    make(4);
    expect(await known(atMs + 5_000)).toBeNull();
    rmSync(file);
  });

  it('--into refuses a recording of something else, and leaves it as it was', async () => {
    const other = path('other.ndjson');
    copyFileSync(examples[0] ?? '', `${other}.gz`);
    const { exitCode, stderr } = await extents(path('images'), '--into', `${other}.gz`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('reports of extents need one of their own');
    expect(readFileSync(`${other}.gz`)).toEqual(readFileSync(examples[0] ?? ''));
  });

  it('-o is there as a whole, for others to read, and leaves nothing beside it', async () => {
    const target = mkdtempSync(path('textfile-'));
    const file = join(target, 'extents.prom');
    expect((await extents(path('images'), '--format', 'openmetrics', '-o', file)).stdout).toBe('');
    expect(readFileSync(file, 'utf8')).toMatch(/# EOF\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(target)).toEqual(['extents.prom']);
    const refused = await extents(path('images'), '-o', join(target, 'no', 'such'));
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('Cannot create');
  });

  it('a signal ends it, the report says so, and the file is as it was', async () => {
    const target = path('as-it-was.prom');
    writeFileSync(target, 'before');
    const args = ['extents', path('images'), '--rate', '1', '--state', state, '-o', target];
    const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    // It says nothing while it counts: it is at it once it holds one of them open.
    await until(() => holds(child.pid ?? 0, 'images'), 60_000);
    child.kill('SIGTERM');
    const status = await new Promise((resolve) =>
      child.on('exit', (code, signal) => resolve(code ?? signal)),
    );
    expect([143, 'SIGTERM']).toContain(status);
    expect(readFileSync(target, 'utf8')).toBe('before');
    if (stderr !== '') expect(stderr).toContain('interrupted');
  });
});

describe('what cannot be counted is an error with a next step', () => {
  it('a path that is not there', async () => {
    const { exitCode, stderr } = await extents(path('nothing'));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no such file or directory');
  });

  it('a state that is none of ours is not written over', async () => {
    const other = path('other.json');
    writeFileSync(other, '{"format":"something else"}');
    const { exitCode, stderr } = await runHere('extents', path('images'), '--state', other);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('it is no report of extents of ours');
    expect(readFileSync(other, 'utf8')).toBe('{"format":"something else"}');
  });
});
