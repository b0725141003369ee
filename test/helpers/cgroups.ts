/** Control groups of our own, of whichever version this host has: made, with a limit, for a process to be started in. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';

export type TestGroup = {
  /** Path in its hierarchy. */
  readonly path: string;
  /** Directory of the controller. */
  readonly directory: string;
  /** A shell command that moves the shell into it. */
  readonly join: string;
  /** Waits until all in it have ended. */
  remove(): Promise<void>;
};

type Limit = {
  readonly controller: 'cpu' | 'memory';
  readonly v1: readonly [string, string];
  readonly v2: readonly [string, string];
};

export const quotaOf = (percent: number): Limit => ({
  controller: 'cpu',
  v1: ['cpu.cfs_quota_us', String(percent * 1000)],
  v2: ['cpu.max', `${percent * 1000} 100000`],
});

export const memoryOf = (mebibytes: number): Limit => ({
  controller: 'memory',
  v1: ['memory.limit_in_bytes', String(mebibytes * 2 ** 20)],
  v2: ['memory.max', String(mebibytes * 2 ** 20)],
});

/** null where this host does not let us. */
export const makeGroup = (name: string, { controller, v1, v2 }: Limit): TestGroup | null => {
  const version1 = join(ROOT, controller);
  const isVersion1 = existsSync(join(version1, 'cgroup.procs'));
  const directory = join(isVersion1 ? version1 : ROOT, `stallscope-${name}-${process.pid}`);
  const [file, value] = isVersion1 ? v1 : v2;
  try {
    if (!isVersion1) writeFileSync(join(ROOT, 'cgroup.subtree_control'), `+${controller}`);
    mkdirSync(directory);
  } catch {
    return null;
  }
  try {
    writeFileSync(join(directory, file), value);
  } catch {
    rmdirSync(directory);
    return null;
  }
  const procs = join(directory, 'cgroup.procs');
  return {
    path: `/stallscope-${name}-${process.pid}`,
    directory,
    join: `echo $$ > ${procs}`,
    remove: async () => {
      while (readFileSync(procs, 'utf8') !== '') await delay(20);
      rmdirSync(directory);
    },
  };
};
