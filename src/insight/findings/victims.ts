import { type Cgroup, isIn } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { SessionState } from '../../core/state.ts';
import { isKernelThread } from '../../core/who.ts';
import type { Case } from './cases.ts';
import type { Readings } from './reading-state.ts';
import { isMeasured, ofProcess } from './readings.ts';

/** Victims kept of a case; more are not reported. */
const MAX_VICTIMS = 20;

/** Who suffers from what the suspect does, now. */
export const collectVictims = (
  { signature, suspect, cgroup, victims }: Case,
  { processes }: Readings,
): void => {
  if (signature.victims === null) return;
  const { metric, least, each } = signature.victims;
  for (const [entity, rates] of processes) {
    const rate = rates.get(metric) ?? 0;
    if (cgroup !== null && !isIn(entity, cgroup.path)) continue;
    if (entity === suspect || rate < least || isKernelThread(entity)) continue;
    if (each !== undefined && !(ofProcess(rates, { kind: 'ratio', metric, per: each.per }) >= each.least))
      continue;
    victims.set(entity, (victims.get(entity) ?? 0) + rate);
    if (victims.size > 2 * MAX_VICTIMS) victims.delete(leastOf(victims));
  }
};

/** Who did most in a control group, now. */
export const collectDoers = (
  { signature, cgroup, doers }: Case,
  { now }: Readings,
  state: SessionState,
): void => {
  const metric = signature.cgroups?.doers.find((one) => isMeasured(state, { kind: 'rate', metric: one }));
  if (cgroup === null || metric === undefined) return;
  for (const [entity, counted] of now.processes) {
    const amount = counted.get(metric) ?? 0;
    if (amount === 0 || isKernelThread(entity) || !isIn(entity, cgroup.path)) continue;
    doers.set(entity, (doers.get(entity) ?? 0) + amount);
    if (doers.size > 2 * MAX_VICTIMS) doers.delete(leastOf(doers));
  }
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
