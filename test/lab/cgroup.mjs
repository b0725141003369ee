// Control groups of a stage, of whichever version the host has. A group is one directory of version 2, or one of each
// hierarchy of version 1 that counts, and of the unified one beside them, which counts stalls.
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const VERSION_1 = ['cpu', 'cpuacct', 'memory', 'blkio', 'unified'];

const isVersion2 = () => existsSync(join(ROOT, 'cgroup.controllers'));

const directoriesOf = (name) =>
  isVersion2()
    ? [join(ROOT, name)]
    : VERSION_1.filter((one) => existsSync(join(ROOT, one, 'cgroup.procs'))).map((one) =>
        join(ROOT, one, name),
      );

const LIMITS = {
  quotaPercent: (value) => [
    ['cpu.max', `${value * 1000} 100000`],
    ['cpu.cfs_quota_us', String(value * 1000)],
  ],
  /** Of the CPUs, where 100 is usual: it goes before who else works on this machine. */
  weight: (value) => [
    ['cpu.weight', String(value)],
    ['cpu.shares', String(Math.round((value * 1024) / 100))],
  ],
  memoryMebibytes: (value) => [
    ['memory.max', String(value * 2 ** 20)],
    ['memory.limit_in_bytes', String(value * 2 ** 20)],
  ],
};

/** Of the disk beneath the stages: all in the group together. */
const DISK_LIMITS = {
  requestsPerSecond: (value, disk) => [
    ['io.max', `${disk} riops=${value} wiops=${value}`],
    ['blkio.throttle.read_iops_device', `${disk} ${value}`],
    ['blkio.throttle.write_iops_device', `${disk} ${value}`],
  ],
  mebibytesPerSecond: (value, disk) => [
    ['io.max', `${disk} rbps=${value * 2 ** 20} wbps=${value * 2 ** 20}`],
    ['blkio.throttle.read_bps_device', `${disk} ${value * 2 ** 20}`],
    ['blkio.throttle.write_bps_device', `${disk} ${value * 2 ** 20}`],
  ],
};

/** Number of the whole disk that holds the stages. */
const diskNumber = () => {
  const { dev } = statSync('/var/tmp');
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const sysfs = `/sys/dev/block/${number}`;
  return existsSync(`${sysfs}/partition`) ? readFileSync(`${sysfs}/../dev`, 'utf8').trim() : number;
};

const filesOf = (limit, value) =>
  LIMITS[limit] === undefined ? DISK_LIMITS[limit](value, diskNumber()) : LIMITS[limit](value);

/** @returns what undoes it */
export const makeGroup = (name, limits) => {
  if (isVersion2()) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory +io');
  const directories = directoriesOf(name);
  for (const directory of directories) mkdirSync(directory);
  for (const [limit, value] of Object.entries(limits))
    for (const [file, text] of filesOf(limit, value))
      for (const directory of directories)
        if (existsSync(join(directory, file))) writeFileSync(join(directory, file), text);
  return () => {
    for (const directory of directories) removeWhenEmpty(directory);
  };
};

/** Shell words that move the shell into it. */
export const joining = (name) =>
  directoriesOf(name).map((directory) => `echo $$ > '${directory}/cgroup.procs'`);

const TRIES = 100;
const APART_MS = 50;

/** Those killed in it are in it until they have ended. */
export const removeWhenEmpty = (directory) => {
  for (let tries = 1; ; tries += 1) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, APART_MS);
    }
  }
};
