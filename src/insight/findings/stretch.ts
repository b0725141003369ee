/**
 * What was counted while something held: of one process, of all, and of the host, over the very same samples. So the
 * numbers that prove a finding are of one stretch of time, and multiply out: so many a second, times so long each, is
 * the time it took.
 */
import { type Cgroup, isIn } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { Readings } from './reading-state.ts';

export type Stretch = {
  us: number;
  ticks: number;
  readonly own: Map<string, number>;
  readonly all: Map<string, number>;
  readonly host: Map<string, number>;
};

export const createStretch = (): Stretch => ({
  us: 0,
  ticks: 0,
  own: new Map(),
  all: new Map(),
  host: new Map(),
});

/** The tick just read. */
export const addTick = (
  stretch: Stretch,
  { suspect, cgroup }: { readonly suspect: Entity | null; readonly cgroup: Cgroup | null },
  { now }: Readings,
): void => {
  stretch.us += now.us;
  stretch.ticks += 1;
  if (cgroup !== null) {
    addGroup(stretch, cgroup, now);
    return;
  }
  if (suspect !== null) addAll(stretch.own, now.processes.get(suspect));
  addAll(stretch.all, now.all);
  addAll(stretch.host, now.host);
};

/** All are those in it. */
const addGroup = (stretch: Stretch, cgroup: Cgroup, now: Readings['now']): void => {
  addAll(stretch.own, now.cgroups.get(cgroup));
  for (const [entity, counted] of now.processes) if (isIn(entity, cgroup.path)) addAll(stretch.all, counted);
  addAll(stretch.host, now.host);
};

export const addStretch = (stretch: Stretch, more: Stretch): void => {
  stretch.us += more.us;
  stretch.ticks += more.ticks;
  addAll(stretch.own, more.own);
  addAll(stretch.all, more.all);
  addAll(stretch.host, more.host);
};

export const clearStretch = (stretch: Stretch): void => {
  stretch.us = 0;
  stretch.ticks = 0;
  stretch.own.clear();
  stretch.all.clear();
  stretch.host.clear();
};

export const addAll = (into: Map<string, number>, values: ReadonlyMap<string, number> | undefined): void => {
  for (const [metric, value] of values ?? []) into.set(metric, (into.get(metric) ?? 0) + value);
};
