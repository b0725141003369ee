/**
 * What was counted while something held: of one process, of all, and of the host, over the very same samples. So the
 * numbers that prove a finding are of one stretch of time, and multiply out: so many a second, times so long each, is
 * the time it took.
 */
import { type Cgroup, isIn } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import { keyOf, type Place } from './place.ts';
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

/** What is looked at: a process, a control group, a device or wait channel, or, where all are null, the host alone. */
export type Subject = {
  readonly suspect: Entity | null;
  readonly cgroup: Cgroup | null;
  readonly place: Place | null;
};

/** The tick just read. */
export const addTick = (
  stretch: Stretch,
  { suspect, cgroup, place }: Subject,
  { now, places }: Readings,
): void => {
  stretch.us += now.us;
  stretch.ticks += 1;
  if (cgroup !== null) {
    addGroup(stretch, cgroup, now);
    return;
  }
  if (place !== null) addAll(stretch.own, places.get(keyOf(place))?.now);
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
