import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { HELD_COMM, holdWorkload, type Workload } from '../../src/tracer/workload.ts';
import { describeWith } from '../helpers/requires.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'workload-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hold = (...argv: string[]): Workload => holdWorkload({ argv, invoker: null, output: 'held' });

/** A process of this name waits for something. */
const isAsleep = (pid: number, comm: string): boolean =>
  readFileSync(`/proc/${pid}/stat`, 'utf8').includes(` (${comm}) S `);

describe('a held command', () => {
  it('does nothing until it is released, and then runs under the PID it was reported by', async () => {
    const file = join(folder, 'ran');
    const workload = hold('sh', '-c', `echo $$ > ${file}; exec sleep 0`);
    await until(() => isAsleep(workload.pid, HELD_COMM));
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
  ])('says how it ended: %s', async (script, expected) => {
    const workload = hold('sh', '-c', script);
    workload.release();
    expect(await workload.ended).toEqual(expected);
  });

  it('passes on a signal', async () => {
    const workload = hold('sleep', '30');
    workload.release();
    await until(() => isAsleep(workload.pid, 'sleep'));
    workload.signal('SIGHUP');
    expect(await workload.ended).toEqual({ status: 129, how: 'was killed by SIGHUP' });
  });

  it.each(['SIGUSR1', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGXCPU'] as const)(
    'that %s ends is reported as a shell reports it',
    async (name) => {
      const workload = hold('sh', '-c', `kill -${name.slice(3)} $$`);
      workload.release();
      expect(await workload.ended).toEqual({
        status: 128 + constants.signals[name],
        how: `was killed by ${name}`,
      });
    },
  );

  it('keeps the end of what it printed, bounded', async () => {
    const workload = hold('sh', '-c', 'seq 1 30000; echo last >&2');
    workload.release();
    await workload.ended;
    expect(workload.heldOutput().length).toBeLessThanOrEqual(64 * 1024);
    expect(workload.heldOutput()).toContain('30000');
  });

  it('never runs when we die before it is released', async () => {
    const file = join(folder, 'orphan');
    const script = `const { holdWorkload } = await import(${JSON.stringify(built('tracer/workload.js'))});
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

describeWith(['root'], 'as somebody else', () => {
  it('a command is not started by what PATH calls setpriv', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'setpriv-'));
    const ran = join(folder, 'ran');
    writeFileSync(join(folder, 'setpriv'), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    const { PATH } = process.env;
    process.env.PATH = `${folder}:${PATH}`;
    try {
      const invoker = { uid: 65_534, gid: 65_534 };
      const workload = holdWorkload({ argv: ['/usr/bin/id', '-u'], invoker, output: 'held' });
      workload.release();
      expect(await workload.ended).toMatchObject({ status: 0 });
      expect(workload.heldOutput()).toBe('65534\n');
      expect(existsSync(ran)).toBe(false);
    } finally {
      process.env.PATH = PATH;
      rmSync(folder, { recursive: true });
    }
  });
});
