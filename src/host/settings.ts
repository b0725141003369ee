/** Settings of this host that advice depends on: what is read here is recorded, so that a replay elsewhere knows it. */
import type { BlockDevice } from '../core/device.ts';
import { type HostFiles, isThere, wholeLines } from './files.ts';

export type HostSettings = {
  readonly filesystems?: readonly string[];
  readonly devices?: readonly BlockDevice[];
  readonly memoryControl?: 'v1' | 'v2';
  readonly swappiness?: number;
  readonly minFreeKb?: number;
};

const MOST_TYPES = 64;
const MOST_DEVICES = 256;

export const readHostSettings = (files: HostFiles): HostSettings => {
  const mounts = files.text('/proc/self/mounts');
  const types = wholeLines(mounts ?? '').flatMap((line) => line.split(' ')[2] ?? []);
  const memoryControl = memoryControlOf(files);
  const swappiness = numberIn(files, '/proc/sys/vm/swappiness');
  const minFreeKb = numberIn(files, '/proc/sys/vm/min_free_kbytes');
  return {
    ...(mounts === null ? {} : { filesystems: [...new Set(types)].sort().slice(0, MOST_TYPES) }),
    ...devicesOf(files),
    ...(memoryControl === null ? {} : { memoryControl }),
    ...(swappiness === null ? {} : { swappiness }),
    ...(minFreeKb === null ? {} : { minFreeKb }),
  };
};

/** Where both are mounted, memory is bounded by the one that has the controller. */
const memoryControlOf = (files: HostFiles): 'v1' | 'v2' | null => {
  const controllers = files.text('/sys/fs/cgroup/cgroup.controllers');
  if (controllers?.split(/\s/).includes('memory') === true) return 'v2';
  return isThere(files, '/sys/fs/cgroup/memory/memory.limit_in_bytes') ? 'v1' : null;
};

const devicesOf = (files: HostFiles): Pick<HostSettings, 'devices'> => {
  const devices = wholeLines(files.text('/proc/diskstats') ?? '').flatMap((line) => {
    const [, major, minor, device] = /^ *(\d+) +(\d+) (\S+) /.exec(line) ?? [];
    return device === undefined ? [] : [{ major: Number(major), minor: Number(minor), device }];
  });
  return devices.length === 0 ? {} : { devices: devices.slice(0, MOST_DEVICES) };
};

const numberIn = (files: HostFiles, path: string): number | null => {
  const text = files.text(path)?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
};
