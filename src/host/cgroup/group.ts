/** One control group: its directories, which life of it this is, its limits, and what its files say. */
import type { CgroupFacts } from '../../core/record.ts';
import type { HostFiles } from '../files.ts';
import { CGROUP_SOURCES, type CgroupSource, parseQuota1, type Values } from './files.ts';
import { directoryOf, type Hierarchies } from './hierarchy.ts';
import { CGROUP_METRICS, OF_CPU, OF_PRESSURE } from './metrics.ts';

export type Group = {
  readonly path: string;
  readonly directories: ReadonlyMap<CgroupSource, string>;
  /** One life of it is distinguished from the next by this. */
  readonly life: string;
};

export const findGroup = (files: HostFiles, hierarchies: Hierarchies, path: string): Group | null => {
  const directories = new Map<CgroupSource, string>();
  const lives = new Map<string, number | null>();
  for (const source of CGROUP_SOURCES) {
    const directory = directoryFor(source, hierarchies, path);
    if (directory === null) continue;
    if (!lives.has(directory)) lives.set(directory, files.stat(`${directory}/cgroup.procs`)?.ino ?? null);
    if (lives.get(directory) !== null) directories.set(source, directory);
  }
  return directories.size === 0 ? null : { path, directories, life: [...lives].join(' ') };
};

/** A controller is in one hierarchy only; stalls are counted in the unified one, beside controllers of version 1 too. */
const directoryFor = (
  { version, controller }: CgroupSource,
  { version1, unified }: Hierarchies,
  path: string,
): string | null => {
  if (controller === 'pressure' || controller === 'io') return directoryOf(unified, path);
  const separate = version1.get(controller);
  if (version === 1) return directoryOf(separate, path);
  return separate === undefined ? directoryOf(unified, path) : null;
};

/** What is in a file; null where it is not there. */
export type ReadText = (path: string) => string | null;

/** Limits first; the rest of what has none is not read. */
export const valuesOf = (textOf: ReadText, { directories }: Group): Values => {
  const values: Values = {};
  const read = (source: CgroupSource, directory: string): void => {
    for (const name of source.names) {
      const text = textOf(`${directory}/${name}`);
      if (text === null) continue;
      Object.assign(values, source.parse(text));
      return;
    }
  };
  for (const [source, directory] of directories) {
    if (source.limit === true) read(source, directory);
    else if (source.version === 1 && source.controller === 'cpu')
      Object.assign(values, quota1(textOf, directory));
  }
  const limits = [values['cgroup.memory_max'], values['cgroup.memory_high']].filter(
    (one) => one !== undefined,
  );
  if (limits.length > 0) values['cgroup.memory_limit'] = Math.min(...limits);
  if (limitsOf(values) === '') return values;
  for (const [source, directory] of directories) {
    if (source.limit !== true && isWanted(source, values)) read(source, directory);
  }
  return values;
};

/** Whatever limits a group, what its tasks wait for is worth knowing; the rest is of the limit that it has. */
const isWanted = ({ controller }: CgroupSource, values: Values): boolean => {
  if (controller === 'pressure') return true;
  return controller === 'memory' ? hasMemoryLimit(values) : hasQuota(values);
};

const quota1 = (textOf: ReadText, directory: string): Values => {
  const quota = textOf(`${directory}/cpu.cfs_quota_us`);
  const period = textOf(`${directory}/cpu.cfs_period_us`);
  return quota === null || period === null ? {} : parseQuota1(quota, period);
};

const hasMemoryLimit = (values: Values): boolean =>
  values['cgroup.memory_max'] !== undefined || values['cgroup.memory_high'] !== undefined;

/** Of its CPU time, of its memory, of its I/O; empty for none. */
export const limitsOf = (values: Values): string =>
  `${hasQuota(values) ? 'cpu' : ''}${hasMemoryLimit(values) ? ' memory' : ''}${IO_LIMITS in values ? ' io' : ''}`;

const IO_LIMITS = 'cgroup.io_limits';

const hasQuota = (values: Values): boolean => 'cgroup.cpu_quota' in values;

export const hitsOf = (values: Values): number =>
  ['throttled_periods', 'limit_max', 'limit_high', 'oom_kills'].reduce(
    (sum, name) => sum + (values[`cgroup.${name}`] ?? 0),
    0,
  );

const NO_QUOTA = 'it has no CPU quota';
const NO_LIMIT = 'its memory has no limit';
const NO_IO_LIMIT = 'its I/O has no limit';
const NOT_SAID = 'the files of this control group do not say it';

export const factsOf = (id: number, { path, directories }: Group, values: Values): CgroupFacts => {
  const cpu = hasQuota(values);
  const memory = hasMemoryLimit(values);
  const limitFile = (names: readonly string[], wanted: boolean): string | undefined => {
    if (!wanted) return undefined;
    for (const [source, directory] of directories) {
      if (source.controller === 'cpu' && source.version === 1 && names.includes('cpu.cfs_quota_us'))
        return `${directory}/cpu.cfs_quota_us`;
      if (source.limit === true && names.includes(source.names[0] ?? ''))
        return `${directory}/${source.names[0]}`;
    }
    return undefined;
  };
  const uncovered: Record<string, string> = {};
  for (const { id: metric } of CGROUP_METRICS) {
    if (values[metric] !== undefined) continue;
    uncovered[metric] = whyWithout(metric, { cpu, memory });
  }
  const cpuLimit = limitFile(['cpu.max', 'cpu.cfs_quota_us'], cpu);
  const memoryLimit = limitFile(
    values['cgroup.memory_max'] === values['cgroup.memory_limit']
      ? ['memory.max', 'memory.limit_in_bytes']
      : ['memory.high'],
    memory,
  );
  return {
    ...{ id, path },
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    uncovered,
  };
};

const whyWithout = (metric: string, has: { readonly cpu: boolean; readonly memory: boolean }): string => {
  if (metric === IO_LIMITS) return NO_IO_LIMIT;
  if (OF_PRESSURE.includes(metric)) return NOT_SAID;
  if (OF_CPU.includes(metric)) return has.cpu ? NOT_SAID : NO_QUOTA;
  return has.memory ? NOT_SAID : NO_LIMIT;
};
