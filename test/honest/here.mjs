// What this host offers, asked by doing it. What it does not offer is thrown as NotHere, and the case is skipped with
// that reason.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export class NotHere extends Error {}

const PATH = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
export const ENVIRONMENT = { ...process.env, PATH };

export const hasProgram = (name) =>
  PATH.split(delimiter).some((directory) => directory !== '' && existsSync(join(directory, name)));

/** Runs a program that must succeed; what it printed. */
export const must = (file, ...args) => {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', env: ENVIRONMENT });
  if (error?.code === 'ENOENT') throw new NotHere(`needs ${file}`);
  if (status === 77) throw new NotHere(stderr.trim());
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr.trim()}`);
  return stdout;
};

/** The same, where failing means that this host does not offer it. */
export const tryTo = (what, file, ...args) => {
  try {
    return must(file, ...args);
  } catch (error) {
    throw error instanceof NotHere ? error : new NotHere(`${what}: ${error.message}`);
  }
};

const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
export const hasEvent = (event) =>
  TRACEFS.some((root) => existsSync(join(root, 'events', event.replace(':', '/'), 'id')));

/** Why nothing can be tried here; null when it can. */
export const whyNothing = () => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid() !== 0) return 'needs root: sudo npm run honest';
  const missing = ['bpftrace', 'cc', 'mount'].find((name) => !hasProgram(name));
  if (missing !== undefined) return `needs ${missing}`;
  if (!hasEvent('syscalls:sys_enter_lseek')) return 'needs tracefs with system calls';
  return null;
};

export const textOf = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
