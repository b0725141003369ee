import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { holdWorkload, type Workload } from '../../src/sources/workload.ts';
import { until } from '../helpers/fake-tracer.ts';

const folder = mkdtempSync(join(tmpdir(), 'workload-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hold = (...argv: string[]): Workload => holdWorkload({ argv, invoker: null, output: 'held' });

const plainFile = join(folder, 'plain.txt');
writeFileSync(plainFile, 'no program');
chmodSync(plainFile, 0o644);

describe('a command that cannot run is refused before anything starts', () => {
  it.each([
    ['not on PATH', 'no-such-command-here', 'E_CMD_NOT_FOUND'],
    ['no such file', join(folder, 'nothing'), 'E_CMD_NOT_FOUND'],
    ['a directory', folder, 'E_CMD_NOT_EXECUTABLE'],
    ['not executable', plainFile, 'E_CMD_NOT_EXECUTABLE'],
    ['empty', '', 'E_CMD_NOT_FOUND'],
  ])('%s', (_, name, code) => {
    expect(() => hold(name)).toThrow(expect.objectContaining({ code, exit: 2 }));
  });
});

describe('a held command', () => {
  it('does nothing until it is released, and then runs under the PID it was told by', async () => {
    const file = join(folder, 'ran');
    const workload = hold('sh', '-c', `echo $$ > ${file}; exec sleep 0`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(existsSync(file)).toBe(false);
    workload.release();
    expect(await workload.ended).toEqual({ status: 0, how: 'ended' });
    expect(Number(readFileSync(file, 'utf8'))).toBe(workload.pid);
  });

  it('gets its arguments as they are', async () => {
    const workload = hold('printf', '%s|', 'a b', '$HOME', '"q"', '', '-n', '*');
    workload.release();
    await workload.ended;
    expect(workload.heldOutput()).toBe('a b|$HOME|"q"||-n|*|');
  });

  it.each([
    ['exit 3', { status: 3, how: 'ended with status 3' }],
    ['kill -TERM $$', { status: 143, how: 'was killed by SIGTERM' }],
    ['kill -KILL $$', { status: 137, how: 'was killed by SIGKILL' }],
  ])('tells how it ended: %s', async (script, expected) => {
    const workload = hold('sh', '-c', script);
    workload.release();
    expect(await workload.ended).toEqual(expected);
  });

  it('passes on a signal', async () => {
    const workload = hold('sleep', '30');
    workload.release();
    await new Promise((resolve) => setTimeout(resolve, 100));
    workload.signal('SIGHUP');
    expect(await workload.ended).toEqual({ status: 129, how: 'was killed by SIGHUP' });
  });

  it('keeps the end of what it printed, bounded', async () => {
    const workload = hold('sh', '-c', 'seq 1 30000; echo last >&2');
    workload.release();
    await workload.ended;
    expect(workload.heldOutput().length).toBeLessThanOrEqual(64 * 1024);
    expect(workload.heldOutput()).toContain('30000');
  });

  it('never runs when we die before it is released', async () => {
    const file = join(folder, 'orphan');
    const source = new URL('../../dist/sources/workload.js', import.meta.url).href;
    const script = `const { holdWorkload } = await import(${JSON.stringify(source)});
      const { pid } = holdWorkload({ argv: ['touch', ${JSON.stringify(file)}], invoker: null, output: 'held' });
      console.log(pid);
      process.kill(process.pid, 'SIGKILL');`;
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], {
      reject: false,
    });
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(1);
    await until(() => !existsSync(`/proc/${pid}`));
    expect(existsSync(file)).toBe(false);
  });
});
