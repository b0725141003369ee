/** What an action really does, on real processes and files of a scratch directory. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createActor, type Task } from '../../src/guard/acting/actor.ts';
import { whyNot } from '../../src/guard/acting/rights.ts';
import { whyNotTouch } from '../../src/guard/acting/target.ts';
import { type Action, WRITES } from '../../src/guard/rules/actions.ts';
import type { Outcome, Target } from '../../src/guard/rules/policy.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { readStartMs } from '../../src/host/process.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'guard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (name: string): string => join(folder, name);

const orphans: number[] = [];
afterAll(() => {
  for (const pid of orphans) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
});

/** A process that is neither ours nor above us: its parent has ended. */
const orphan = (): Target => {
  const pid = Number(
    execFileSync('/bin/sh', ['-c', 'sleep 100 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' }),
  );
  orphans.push(pid);
  return { pid, startMs: readStartMs(localFiles, pid) ?? -1 };
};

/** Whoever should wait for it may take a while. */
const hasEnded = (pid: number): boolean => / Z /.test(localFiles.text(`/proc/${pid}/stat`) ?? ' Z ');

const perform = (task: Partial<Task> & Pick<Task, 'action'>, timeoutMs = 5_000): Promise<Outcome> =>
  new Promise((resolve) => {
    const actor = createActor({ files: localFiles, folder, session: process.pid, timeoutMs });
    actor.perform({ finding: 'xfs-alloc-deadlock', target: null, ...task }, resolve);
  });

const action = (name: string): Action => WRITES[name] as Action;
const signal: Action = { label: 'signal:TERM', kind: 'signal', signal: 'SIGTERM' };
const run = (...argv: string[]): Action => ({ label: 'run', kind: 'run', argv });

it.each([
  ['drop-slab', 'drop_caches', '2\n'],
  ['drop-cache', 'drop_caches', '1\n'],
  ['drop-cache:3', 'drop_caches', '3\n'],
  ['compact-memory', 'compact_memory', '1\n'],
])('%s writes what it must into %s', async (name, file, text) => {
  writeFileSync(fileOf(file), '');
  expect(await perform({ action: action(name) })).toMatchObject({ how: 'done' });
  expect(readFileSync(fileOf(file), 'utf8')).toBe(text);
  rmSync(fileOf(file));
});

it('makes no file where the kernel has none, and follows no link', async () => {
  expect(await perform({ action: action('drop-slab') })).toMatchObject({ how: 'failed' });
  expect(existsSync(fileOf('drop_caches'))).toBe(false);
  writeFileSync(fileOf('elsewhere'), 'as it was');
  symlinkSync(fileOf('elsewhere'), fileOf('compact_memory'));
  expect(await perform({ action: action('compact-memory') })).toMatchObject({ how: 'failed' });
  expect(readFileSync(fileOf('elsewhere'), 'utf8')).toBe('as it was');
  rmSync(fileOf('compact_memory'));
});

it('signals the process that was accused, and no other that has its PID now', async () => {
  const target = orphan();
  const other = { ...target, startMs: target.startMs - 10 };
  expect(await perform({ action: signal, target: other })).toMatchObject({ how: 'refused' });
  expect(existsSync(`/proc/${target.pid}`)).toBe(true);
  expect(await perform({ action: signal, target })).toMatchObject({ how: 'done' });
  await until(() => hasEnded(target.pid));
});

it('never signals ourselves, what we started, who started us, a thread of the kernel, or PID 1', () => {
  const child = spawn('sleep', ['100']);
  const why = (pid: number, session = process.pid): string | null =>
    whyNotTouch(localFiles, { pid, startMs: readStartMs(localFiles, pid) ?? -1 }, session);
  expect(why(process.pid)).toContain('one of our own');
  expect(why(child.pid ?? 0)).toContain('one of our own');
  expect(why(process.ppid)).toContain('started us');
  expect(why(1)).toContain('no process that may be touched');
  expect(why(2)).toMatch(/thread of the kernel|has ended/);
  expect(whyNotTouch(localFiles, { pid: -1, startMs: 0 }, process.pid)).toContain('no process');
  // The same process is fair game for a session that has nothing to do with it.
  expect(why(child.pid ?? 0, orphan().pid)).toBeNull();
  child.kill();
});

it('runs a command as it was given, with what was found beside it and no shell between', async () => {
  const out = fileOf('said');
  const script = fileOf('say');
  writeFileSync(
    script,
    `#!/bin/sh\nprintf '%s|' "$@" "$STALLSCOPE_FINDING" "$STALLSCOPE_PID" "$STALLSCOPE_START_MS" > ${out}\n`,
  );
  chmodSync(script, 0o755);
  const odd = '$(touch x); `id` "\' | a b';
  expect(await perform({ action: run(script, odd), target: { pid: 7, startMs: 20 } })).toMatchObject({
    how: 'done',
  });
  expect(readFileSync(out, 'utf8')).toBe(`${odd}|xfs-alloc-deadlock|7|20|`);
  expect(await perform({ action: run('/bin/false') })).toEqual({ how: 'failed', text: 'status 1' });
  expect(await perform({ action: run(fileOf('nothing')) })).toEqual({ how: 'failed', text: 'ENOENT' });
});

it('ends a command that takes too long, with all it has started', async () => {
  const pidFile = fileOf('inner');
  const inner = run('/bin/sh', '-c', `sleep 100 & echo $! > ${pidFile}; wait`);
  expect(await perform({ action: inner }, 300)).toEqual({ how: 'failed', text: 'killed after 0.3 s' });
  await until(() => hasEnded(Number(readFileSync(pidFile, 'utf8'))));
});

it('says beforehand what it could not do', () => {
  expect(whyNot(action('drop-slab'), localFiles, fileOf('nowhere'))).toContain('there is no');
  expect(whyNot(run(fileOf('nothing')), localFiles, folder)).toContain('cannot be executed');
  expect(existsSync(fileOf('nowhere'))).toBe(false);
});
