/**
 * Control groups with a limit: what the kernel counts of each, read with the host. A counter that went back began again;
 * a group that was removed and made again is another one. The first reading of each is what its growth is taken from.
 */
import type { Entity } from './entity.ts';
import type { HostReading } from './host-reading.ts';
import type { CgroupFacts } from './record.ts';

export type Cgroup = Omit<CgroupFacts, 'uncovered'> & {
  uncovered: Readonly<Record<string, string>>;
  endedBootUs: number | null;
  /** Of gauges the level is `last`. */
  readonly readings: Map<string, HostReading>;
};

export const createCgroup = ({ uncovered = {}, ...facts }: CgroupFacts): Cgroup => ({
  ...facts,
  uncovered,
  endedBootUs: null,
  readings: new Map(),
});

/** Whether a process is in this group, or in one below it. */
export const isIn = ({ cgroup, cgroups }: Pick<Entity, 'cgroup' | 'cgroups'>, path: string): boolean =>
  isWithin(cgroup, path) || cgroups.some((one) => isWithin(one, path));

export const isWithin = (cgroup: string | null, path: string): boolean =>
  cgroup !== null && (path === '/' || cgroup === path || cgroup.startsWith(`${path}/`));
