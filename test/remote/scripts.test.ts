/** The two scripts in real shells, without ssh: what they answer, and how they end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { createReader } from '../../src/remote/reader.ts';
import { readerScript, tracerScript } from '../../src/remote/scripts.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { until } from '../helpers/until.ts';

const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh']] as const;
const isHere = ([file]: readonly string[]): boolean => spawnSync(file ?? '', ['-c', ':']).error === undefined;
const MARK = 'f00dfeed';
const PROGRAM = '/bin/sh';
/** By which a busy machine may be late with the last of the steps. */
const BUSY_MS = 3_000;
/** Every shell has to wait in real time to be left alone. */
const PATIENT = HAS_TIME ? SHELLS : SHELLS.slice(0, 1);

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const start = ([file, ...args]: readonly string[], script: string) => {
  const child = spawn(file ?? 'sh', [...args, '-c', script], { stdio: 'pipe' });
  child.stdin.on('error', () => undefined);
  started.push(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return { child, said: () => said };
};

const read = (shell: readonly string[]) => {
  const { child } = start(shell, readerScript(MARK));
  const own: number[] = [];
  const reader = createReader({
    input: child.stdin,
    output: child.stdout,
    mark: MARK,
    own: (pid) => own.push(pid),
    flooded: () => undefined,
  });
  return { child, reader, own };
};

describe.each(SHELLS.filter(isHere).map((shell) => [shell.join(' '), shell] as const))(
  'the reader in %s',
  (_, shell) => {
    it('answers each request, and ends with its input', async () => {
      const { child, reader, own } = read(shell);
      const texts = await reader.ask('g', '/proc/version', '/nowhere', '/proc/loadavg');
      expect(texts.bytes.toString()).toContain(`/proc/version:${readFileSync('/proc/version', 'utf8')}`);
      expect(texts.bytes.toString()).toContain('\n/proc/loadavg:');
      expect((await reader.ask('n', '/proc/self/ns')).bytes.toString().split('\n')).toContain('pid');
      expect((await reader.ask('n', '/nowhere')).status).not.toBe(0);
      expect((await reader.ask('l', '/proc/self/ns/pid')).bytes.toString()).toMatch(/^pid:\[\d+]\n/);
      // Some hundred kilobytes: an answer that takes as long as the guard waits would end here.
      expect((await reader.ask('c', PROGRAM)).bytes.equals(readFileSync(PROGRAM))).toBe(true);
      expect((await reader.ask('x', '/bin/sh')).bytes.toString()).toBe('r\nx\n');
      await reader.ask('k', '/proc/stat');
      const block = (
        await reader.ask('t', `1,${process.pid}`, String(process.pid), '/proc/meminfo')
      ).bytes.toString();
      expect(block).toMatch(/^\d+\.\d\d.*\n\/proc\/\d+ /);
      for (const path of ['/proc/stat', '/proc/1/stat', `/proc/${process.pid}/statm`, '/proc/meminfo'])
        expect(block).toContain(`\n${path}:`);
      expect(own.length).toBeGreaterThan(2);
      child.stdin.end();
      expect(await once(child, 'close')).toEqual([0, null]);
    });
  },
);

describe.each(PATIENT.filter(isHere).map((shell) => [shell.join(' '), shell] as const))(
  'left alone, %s',
  (_, shell) => {
    it('waits for an answer that takes longer than its patience', async () => {
      const { child, reader } = read(shell);
      const dir = mkdtempSync(join(tmpdir(), 'stallscope-slow-'));
      const slow = join(dir, 'slow');
      spawnSync('sh', ['-c', 'mkfifo "$1"', 'sh', slow]);
      const answer = reader.ask('c', slow);
      // As a session does; it is heard when the answer is over.
      const beat = setInterval(() => void reader.ask('b'), 500);
      await delay(4_600);
      // It opens it when there is somebody who reads.
      await execa('sh', ['-c', 'printf "at last" >"$1"', 'sh', slow], { timeout: 5_000 });
      expect((await answer).bytes.toString()).toBe('at last');
      expect((await reader.ask('l', '/proc/self/ns/pid')).status).toBe(0);
      clearInterval(beat);
      child.stdin.end();
      expect(await once(child, 'close')).toEqual([0, null]);
      rmSync(dir, { recursive: true });
    });

    it('ends the reader within 6 s, and not before 3', async () => {
      const { child, reader } = read(shell);
      await reader.ask('b');
      const aloneMs = performance.now();
      await once(child, 'close');
      const tookMs = performance.now() - aloneMs;
      expect(tookMs).toBeGreaterThan(2_900);
      expect(tookMs).toBeLessThan(6_000 + BUSY_MS);
    });

    it('interrupts what it runs, kills it when that does nothing, and leaves nothing', async () => {
      const stubborn = 'trap "" INT; echo up; while :; do sleep 0.1; done';
      const script = tracerScript({
        launcher: [],
        file: '/bin/sh',
        args: ['-c', stubborn],
        env: { PATH: '/usr/bin:/bin' },
      });
      const { child, said } = start(shell, script);
      const lastMs = performance.now();
      await once(child, 'exit');
      expect(performance.now() - lastMs).toBeLessThan(6_000 + BUSY_MS);
      // As sshd does for one that has ended.
      child.stdin.destroy();
      const [, tracer, , guard, listener] =
        /stallscope-here (.*)/.exec(said())?.[0]?.split(' ').map(Number) ?? [];
      expect(tracer).toBe(child.pid);
      await until(() => [guard, listener].every((pid) => pid !== undefined && !existsSync(`/proc/${pid}`)));
    });
  },
);

describe('the tracer', () => {
  it('passes signals on, and gives the status of what it ran', async () => {
    const script = tracerScript({
      launcher: [],
      file: '/bin/sh',
      args: ['-c', 'trap "echo last; exit 7" INT; echo up; while :; do sleep 0.05; done'],
      env: { PATH: '/usr/bin:/bin' },
    });
    const { child } = start(['dash'], script);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.endsWith('up\n')) child.stdin.write('INT\n');
    });
    expect(await once(child, 'close')).toEqual([7, null]);
    expect(out).toBe('stallscope-here\nup\nlast\n');
  });

  const here = SHELLS.filter(isHere).map((shell) => [shell.join(' '), shell] as const);
  it.each(here)('interrupts what waits in a write when that is over, in %s', async (_, shell) => {
    // A call that a signal has interrupted is not begun again by it.
    const writer =
      '$SIG{INT} = sub { print STDERR $writing ? "cut" : "whole"; exit 0 }; $| = 1; $writing = 1;' +
      'syswrite(STDOUT, "x" x 1_000_000); $writing = 0; sleep 1 while 1;';
    const script = tracerScript({
      launcher: [],
      file: '/usr/bin/perl',
      args: ['-e', writer],
      env: { PATH: '/usr/bin:/bin' },
    });
    const { child, said } = start(shell, script);
    child.stdout.pause();
    await until(() => /^\d+ 0x1 /.test(readFileSync(`/proc/${child.pid}/syscall`, 'utf8')));
    child.stdin.write('INT\n');
    await delay(100);
    child.stdout.resume();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(said()).toMatch(/whole$/);
  });
});
