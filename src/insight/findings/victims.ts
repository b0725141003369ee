import { type Cgroup, isIn } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { SessionState } from '../../core/state.ts';
import { isKernelThread } from '../../core/who.ts';
import type { Case } from './cases.ts';
import { takesAsLong } from './conditions.ts';
import { keyOf } from './place.ts';
import { programOf, usedBy } from './program-of.ts';
import { waitsForOthers } from './programs.ts';
import type { Readings } from './reading-state.ts';
import { isMeasured } from './readings.ts';

/** Victims kept of a case; more are not reported. */
const MAX_VICTIMS = 20;

/** Who suffers from what the suspect does, now. */
export const collectVictims = (one: Case, readings: Readings): void => {
  const { signature, suspect, cgroup, victims } = one;
  if (signature.victims === null) return;
  const { metric, each } = signature.victims;
  const least = signature.victims.least + elsewhere(one, readings);
  const there = waitingThere(one, readings);
  const ofCpus = programIn(one);
  for (const [entity, rates] of readings.processes) {
    const rate = rates.get(metric) ?? 0;
    if (cgroup !== null && !isIn(entity, cgroup.path)) continue;
    if (there?.has(entity.pid) === false) continue;
    if (entity === suspect || rate < least || isKernelThread(entity)) continue;
    if (ofCpus !== null && !waitsForOthers(entity, ofCpus, readings)) continue;
    if (!takesAsLong(rates, { kind: 'rate', metric }, each)) continue;
    victims.set(entity, (victims.get(entity) ?? 0) + rate);
    if (victims.size > 2 * MAX_VICTIMS) victims.delete(leastOf(victims));
  }
};

/** Time per second, in ns, that may have been waited for other disks than the one it is about. */
const elsewhere = ({ place }: Case, { places }: Readings): number =>
  place?.kind === 'device' ? (places.get(keyOf(place))?.rates.get('device.elsewhere_ms') ?? 0) * 1e6 : 0;

/** The program that keeps the CPUs busy; empty where none stands out, null where it is about something else. */
const programIn = ({ place }: Case): string | null => {
  if (place?.kind === 'program') return place.name;
  return place?.kind === 'machine' ? '' : null;
};

const waitingThere = ({ place }: Case, { places }: Readings): ReadonlySet<number> | null =>
  place?.kind === 'channel' ? new Set(places.get(keyOf(place))?.pids) : null;

/**
 * Who did most in a control group or of a program, or asked most of a device, now; of a device kernel threads count, for
 * their share.
 */
export const collectDoers = (
  { signature, cgroup, place, doers }: Case,
  { now }: Readings,
  state: SessionState,
): void => {
  if (place?.kind === 'program') {
    for (const [entity, counted] of now.processes)
      if (programOf(entity) === place.name) addDoer(doers, entity, usedBy(entity, counted));
    return;
  }
  const queuedBy = signature.places?.queuedBy;
  if (queuedBy !== undefined) {
    for (const [entity, counted] of now.processes) addDoer(doers, entity, counted.get(queuedBy) ?? 0);
    return;
  }
  const metric = signature.cgroups?.doers.find((one) => isMeasured(state, { kind: 'rate', metric: one }));
  if (cgroup === null || metric === undefined) return;
  for (const [entity, counted] of now.processes) {
    const amount = counted.get(metric) ?? 0;
    if (isKernelThread(entity) || !isIn(entity, cgroup.path)) continue;
    addDoer(doers, entity, amount);
  }
};

const addDoer = (doers: Map<Entity, number>, entity: Entity, amount: number): void => {
  if (amount === 0) return;
  doers.set(entity, (doers.get(entity) ?? 0) + amount);
  if (doers.size > 2 * MAX_VICTIMS) doers.delete(leastOf(doers));
};

/** The control group a process is in that was at its limit lately; of several the one that was it most. */
export const limitOf = ({ suspect }: Pick<Case, 'suspect'>, { cgroups }: Readings): Cgroup | null => {
  if (suspect === null) return null;
  const [most] = [...cgroups]
    .filter(([{ path }]) => isIn(suspect, path))
    .map(([cgroup, rates]) => ({ cgroup, hits: rates.get('cgroup.limit_max') ?? 0 }))
    .filter(({ hits }) => hits >= LEAST_HITS)
    .sort((a, b) => b.hits - a.hits || b.cgroup.path.length - a.cgroup.path.length);
  return most?.cgroup ?? null;
};

/** A second, smoothed: once, some ticks ago. */
const LEAST_HITS = 0.05;

const leastOf = (victims: ReadonlyMap<Entity, number>): Entity =>
  [...victims].reduce((least, one) => (one[1] < least[1] ? one : least))[0];
