/** What becomes of a command whose stdout is full, closed, or not read. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'lost-output-'));
afterAll(() => rmSync(folder, { recursive: true }));
const THRASH = join(root, 'examples/02-page-cache-thrash.ndjson.gz');

const onto = (path: string, args: readonly string[]) => {
  const fd = openSync(path, 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
      stdio: ['ignore', fd, 'pipe'],
      encoding: 'utf8',
    });
    return { status, stderr };
  } finally {
    closeSync(fd);
  }
};

describe('a full disk', () => {
  it.each([
    ['--help'],
    ['--version'],
    ['record', '--help'],
    ['summary', THRASH],
    ['summary', THRASH, '--json'],
    ['analyze', THRASH],
    ['compare', THRASH, '--at', '+20s'],
    ['replay', THRASH, '--json'],
    ['replay', THRASH, '--plain'],
    ['probes', 'list'],
    ['probes', 'show', 'iomap'],
    ['demo', '--list'],
  ])('is reported: %s', (...args) => {
    const { status, stderr } = onto('/dev/full', args);
    expect(status, stderr).toBe(74);
    expect(stderr).toMatch(/^stallscope: What was to be printed could not be written: ENOSPC\.\n {2}\S.*\n$/);
  });

  it('is reported where a part still had room', () => {
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 1; exec "$@" >"$0"',
        join(folder, 'part'),
        process.execPath,
        LAUNCHER,
        'analyze',
        THRASH,
        '--json',
      ],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(74);
    expect(stderr).toContain('could not be written: EFBIG');
  });

  it('of stderr changes nothing', () => {
    const fd = openSync('/dev/full', 'w');
    const { status } = spawnSync(process.execPath, [LAUNCHER, 'summary', join(folder, 'none')], {
      stdio: ['ignore', 'pipe', fd],
    });
    closeSync(fd);
    expect(status).toBe(5);
  });
});

describe('a pipe', () => {
  it.each([
    ['replay', THRASH, '--json'],
    ['replay', THRASH, '--plain'],
    ['analyze', THRASH, '--json'],
  ])('that is closed ends it quietly: %s', (...args) => {
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        '{ "$@"; echo "status $?" >&2; } | head -c 1 >/dev/null',
        'sh',
        process.execPath,
        LAUNCHER,
        ...args,
      ],
      { encoding: 'utf8' },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: 'status 0\n' });
  });

  it('that nobody reads does not keep it from ending', async () => {
    const tool = spawn(process.execPath, [LAUNCHER, 'replay', THRASH, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(tool.stdout, 'readable');
    tool.kill('SIGTERM');
    const [code, signal] = await once(tool, 'exit');
    // In the middle of a step a signal has its own effect; between two it is heard.
    expect(code === 143 || signal === 'SIGTERM', `status ${code}, ${signal}`).toBe(true);
    tool.stdout.destroy();
  });
});

describe('a recording to stdout', () => {
  it.each([
    ['record', '-o', '-'],
    ['live', '--json', '-o', '-'],
    ['redact', THRASH, '-o', '-'],
    ['import', 'x.csv', '-o', '-'],
  ])('is refused: %s', async (...args) => {
    const { exitCode, stderr } = await runHere(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('-o ./-');
  });
});
