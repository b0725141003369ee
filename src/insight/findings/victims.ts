import type { Entity } from '../../core/entity.ts';
import { isKernelThread } from '../../core/who.ts';
import type { Case } from './cases.ts';
import type { Readings } from './reading-state.ts';
import { ofProcess } from './readings.ts';

/** Victims kept of a case; more are not reported. */
const MAX_VICTIMS = 20;

/** Who suffers from what the suspect does, now. */
export const collectVictims = ({ signature, suspect, victims }: Case, { processes }: Readings): void => {
  if (signature.victims === null) return;
  const { metric, least, each } = signature.victims;
  for (const [entity, rates] of processes) {
    const rate = rates.get(metric) ?? 0;
    if (entity === suspect || rate < least || isKernelThread(entity)) continue;
    if (each !== undefined && !(ofProcess(rates, { kind: 'ratio', metric, per: each.per }) >= each.least))
      continue;
    victims.set(entity, (victims.get(entity) ?? 0) + rate);
    if (victims.size > 2 * MAX_VICTIMS) victims.delete(leastOf(victims));
  }
};

const leastOf = (victims: ReadonlyMap<Entity, number>): Entity =>
  [...victims].reduce((least, one) => (one[1] < least[1] ? one : least))[0];
