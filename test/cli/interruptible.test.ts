/** Whatever it reads, and whatever it waits for: SIGINT and SIGTERM end it at once. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/cli/config.ts';
import { packedSeal } from '../../src/recording/seal.ts';
import { runHere } from '../helpers/command.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'interruptible-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** Half a minute of work, so that whoever is late with the signal still meets it. */
const BOMB_BLOCKS = 300;

const sealed = (text: Buffer): Buffer => {
  const packed = gzipSync(text);
  const at = { fromUs: START_US, toUs: START_US, samples: 0, checkpoint: false };
  const seal = { bytes: packed.length, crc32: crc32(text), textBytes: text.length, ...at };
  return Buffer.concat([packed, packedSeal(seal, crc32)]);
};

beforeAll(() => {
  spawnSync('sh', ['-c', 'mkfifo "$@"', 'sh', path('pipe'), path('pipe2')]);
  const blanks = Buffer.alloc(30 * 1024 * 1024, ' '.repeat(1023).concat('\n'));
  const bomb = sealed(blanks);
  const header = sealed(Buffer.from(`${JSON.stringify(headerOf())}\n`));
  writeFileSync(path('bomb.ndjson.gz'), Buffer.concat([header, ...Array<Buffer>(BOMB_BLOCKS).fill(bomb)]));
  const entries = (count: number) =>
    Array.from({ length: 100_000 }, (_, index): [number, number] => [index + 1, count]);
  const lines = Array.from({ length: 30 }, (_, seq) => sampleOf(seq, { 'iomap.iter': entries(seq) }));
  writeFileSync(
    path('many.ndjson'),
    [headerOf(), ...lines].map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}, 60_000);

type Tool = { readonly child: ChildProcess; readonly begun: Promise<unknown> };

/** What it is at: it holds the file open, or the pipe. */
const start = (args: readonly string[], holds: string): Tool => {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: 'ignore', cwd: folder });
  return { child, begun: until(() => hasOpen(child.pid ?? 0, holds), 40_000) };
};

const hasOpen = (pid: number, file: string): boolean =>
  Array.from({ length: 40 }, (_, fd) => fd).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });

/** As a shell reports it. */
const statusOf = async (child: ChildProcess): Promise<number> => {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? { SIGINT: 130, SIGTERM: 143 }[signal as 'SIGINT' | 'SIGTERM'] ?? -1;
};

describe('a signal ends it', () => {
  it.each([
    [['summary', 'pipe'], 'pipe'],
    [['replay', '--json', 'pipe'], 'pipe'],
    [['compare', 'pipe', 'pipe2'], 'pipe'],
    [['report', 'pipe', '-o', 'never.html'], 'pipe'],
    [['import', 'pipe', '-o', 'never.ndjson'], 'pipe'],
    [['import', 'pipe', '--format', 'sadf', '-o', 'never.ndjson'], 'pipe'],
  ])('while nobody writes to the pipe: %j', async (args, file) => {
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const { child, begun } = start(args, path(file));
      await begun;
      child.kill(signal);
      expect(await statusOf(child)).toBe(status);
    }
  });

  it.each([
    [['summary', 'bomb.ndjson.gz'], 'bomb.ndjson.gz'],
    [['analyze', 'bomb.ndjson.gz'], 'bomb.ndjson.gz'],
    [['report', 'bomb.ndjson.gz', '-o', 'never.html'], 'bomb.ndjson.gz'],
    [['redact', 'bomb.ndjson.gz', '-o', 'redacted.ndjson', '--force'], 'bomb.ndjson.gz'],
    [['compare', 'many.ndjson', 'many.ndjson'], 'many.ndjson'],
  ])('while it is at work: %j', async (args, file) => {
    const { child, begun } = start(args, path(file));
    await begun;
    // Into the work; earlier it would be met between two steps, which must end it as well.
    await delay(500);
    expect(child.exitCode).toBeNull();
    const signalledMs = performance.now();
    child.kill('SIGTERM');
    expect(await statusOf(child)).toBe(143);
    // All of it would take far longer; a busy machine may take its time to end a process.
    expect(performance.now() - signalledMs).toBeLessThan(20_000);
  });
});

describe('what is written by hand must be a small file', () => {
  it.each(['pipe', '/dev/zero'])('a manifest: %s', async (target) => {
    const probes = mkdtempSync(path('probes-'));
    symlinkSync(target === 'pipe' ? path('pipe') : target, join(probes, 'probe.json'));
    const { exitCode, stderr } = await runHere('probes', 'list', '--probe-dir', probes);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('probe.json cannot be read: it is not a regular file');
  });

  it('a manifest: of gigabytes', async () => {
    const probes = mkdtempSync(path('probes-'));
    writeFileSync(join(probes, 'probe.json'), '');
    spawnSync('truncate', ['-s', '8G', join(probes, 'probe.json')]);
    const { exitCode, stderr } = await runHere('probes', 'list', '--probe-dir', probes);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('it is larger than 1024 KiB');
  });

  it.each(['pipe', '/dev/zero'])('the settings: %s', (target) => {
    const config = mkdtempSync(path('config-'));
    mkdirSync(join(config, 'stallscope'));
    symlinkSync(target === 'pipe' ? path('pipe') : target, join(config, 'stallscope', 'config.json'));
    expect(() => readConfig({ XDG_CONFIG_HOME: config })).toThrow('it is not a regular file');
  });

  it('what is imported is a file or a pipe', async () => {
    const { exitCode, stderr } = await runHere('import', '/dev/zero', '-o', path('never.ndjson'));
    expect(exitCode).toBe(5);
    expect(stderr).toContain('it is neither a file nor a pipe');
  });

  it('a pipe is imported as a file is', async () => {
    const csv = 'time,metric,value\n1700000000,load.1,1\n1700000001,load.1,2\n';
    const [fromPipe, fromFile, file] = [path('from-pipe.ndjson'), path('from-file.ndjson'), path('in.csv')];
    writeFileSync(file, csv);
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', 'printf "$0" | "$@"', csv, process.execPath, LAUNCHER, 'import', '/dev/stdin', '-o', fromPipe],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    expect((await runHere('import', file, '-o', fromFile)).exitCode).toBe(0);
    expect(readFileSync(fromPipe, 'utf8')).toBe(readFileSync(fromFile, 'utf8'));
  });
});
