/**
 * What BPF programs cost, as the kernel measures it: `kernel.bpf_stats_enabled` makes it add up run time and runs of
 * every program, shown in /proc/PID/fdinfo. Measuring costs 50 to 115 ns per run itself, so it is on only for short
 * windows. It is a setting of the whole machine that we change, so it is put back on every way out:
 *
 * - it is left alone while somebody else has it on;
 * - the end of a window, and the end of the process, turn it off;
 * - a guard, a shell of a few hundred KiB in a session of its own, holds the other end of a pipe and knows whether a
 *   window is open; when the pipe ends without a word, because we were killed, it turns the setting off.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { CostMeter } from '../session/ports.ts';
import { readPrograms } from './bpf-objects.ts';
import type { HostFiles } from './files.ts';
import { writeSetting } from './write-setting.ts';

const SETTING = '/proc/sys/kernel/bpf_stats_enabled';

/** null where the kernel does not offer it (before 5.1). */
export const createCostMeter = (files: HostFiles, setting = SETTING): CostMeter | null => {
  if (files.text(setting) === null) return null;
  let guard: ChildProcess | null = null;
  let open = false;
  /** This window's setting is ours to put back. */
  let ours = false;

  const write = (value: '0' | '1'): boolean => writeSetting(setting, value);
  const turnOn = (): boolean => {
    // The guard hears of it first: it may turn off what is off, but not leave on what is on.
    guard ??= startGuard(setting);
    guard.stdin?.write('1\n');
    return write('1');
  };
  const off = (): void => {
    if (!open) return;
    open = false;
    if (!ours) return;
    ours = false;
    write('0');
    guard?.stdin?.write('0\n');
  };
  process.once('exit', off);

  return {
    begin: () => {
      if (open) return true;
      const now = files.text(setting)?.trim();
      if (now === undefined) return false;
      ours = now === '0';
      open = !ours || turnOn();
      return open;
    },
    end: off,
    read: (pid) => readPrograms(files, pid),
    close: () => {
      off();
      process.off('exit', off);
      guard?.stdin?.end();
    },
  };
};

/**
 * Reads `1` and `0` as they come; at the end of its input the last word decides. A signal that is meant for all of us
 * (systemd stops whole control groups) must not take it before its work is done.
 */
const GUARD =
  'trap "" HUP INT TERM; last=0; while read -r word; do last=$word; done; [ "$last" = 1 ] && echo 0 > "$1"; :';

const startGuard = (setting: string): ChildProcess => {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'stallscope-guard', setting], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
  });
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  // An open pipe would keep us from ending.
  (guard.stdin as Socket | null)?.unref();
  return guard;
};
