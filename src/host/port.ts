/** This host as a session asks it: of the machine, of processes, of what tracing itself takes. */
import type { HostPort } from '../session/ports.ts';
import { readBpfObjects } from './bpf-objects.ts';
import type { Canary } from './canary/canary.ts';
import { CGROUP_METRICS } from './cgroup/metrics.ts';
import { type CgroupSampler, createCgroupSampler } from './cgroup/sampler.ts';
import type { HostFiles } from './files.ts';
import { createOwnProcesses } from './own.ts';
import { readCostOf, readImage, readOwnPid, readParent, readProcess } from './process.ts';
import { createProcessReader } from './process-reading.ts';
import { allPids } from './python/interpreters.ts';
import { createHostSampler } from './sampler.ts';
import { isStuck, readStuck } from './stuck.ts';
import { readWaits } from './wait-channels.ts';

export type HostPortOptions = {
  /** Metric to why it cannot be counted for this process. */
  readonly uncovered: (pid: number) => Readonly<Record<string, string>> | undefined;
  /** The same for processes that use this file. */
  readonly uncoveredBy: HostPort['uncoveredBy'];
  /** PID of the user's command. */
  readonly command: number | null;
  /** Why PIDs of this /proc are not those that are counted by; null when they are. */
  readonly unnamed: string | null;
  readonly canary?: Canary | null;
};

export const createHostPort = (files: HostFiles, options: HostPortOptions): HostPort => {
  const { unnamed, uncoveredBy, canary = null } = options;
  const sampler = createHostSampler(files);
  const groups = createCgroupSampler(files);
  return {
    metrics: [...sampler.metrics, ...CGROUP_METRICS, ...(canary?.metrics ?? [])],
    unnamed,
    sample: canary === null ? sampler.read : () => ({ ...sampler.read(), ...canary.read() }),
    cgroups: groups.read,
    ...(unnamed === null ? knownProcesses(files, options, groups) : UNKNOWN_PROCESSES),
    uncoveredBy,
    cost: (pid) => readCostOf(files, pid),
    bpfObjects: (pid) => readBpfObjects(files, pid),
  };
};

type Processes = Pick<
  HostPort,
  'process' | 'image' | 'living' | 'reading' | 'cpuWaits' | 'waits' | 'stuck' | 'isStuck' | 'own'
>;

const knownProcesses = (
  files: HostFiles,
  { uncovered, command }: HostPortOptions,
  groups: CgroupSampler,
): Processes => {
  const stats = files.openStatFiles();
  const reader = createProcessReader(files, stats);
  return {
    process: (pid) => {
      const facts = readProcess(files, pid);
      if (facts === null) return null;
      groups.note([facts.cgroup, ...(facts.cgroups ?? [])]);
      return { ...facts, uncovered: uncovered(pid) };
    },
    image: (pid) => readImage(stats, pid),
    living: () => allPids(files),
    reading: reader.read,
    cpuWaits: reader.cpuWaits,
    waits: (pid) => readWaits(files, pid),
    stuck: () => readStuck(files, allPids(files)),
    isStuck: (pid, tid) => isStuck(files, pid, tid),
    own: createOwnProcesses(readOwnPid(files), command, (pid) => readParent(files, pid)),
  };
};

/** A PID of another namespace is somebody else here, and is asked for nowhere. */
const UNKNOWN_PROCESSES: Processes = {
  process: () => null,
  image: () => null,
  living: () => [],
  reading: () => null,
  cpuWaits: () => null,
  waits: () => ({ threads: 0, byChannel: new Map() }),
  own: () => false,
};
