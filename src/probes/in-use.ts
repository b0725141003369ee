/** What a session says of its probes: which variant counts, or why none can. */
import type { ProbeInUse } from '../core/record.ts';
import type { Selected } from './types.ts';

export const inUse = (selected: Selected): ProbeInUse => {
  const { manifest, variant, rejected } = selected;
  return variant === null
    ? {
        id: manifest.id,
        variant: null,
        state: 'refused',
        reason: rejected.map(({ variant: id, reason }) => `${id}: ${reason}`).join('; '),
      }
    : { id: manifest.id, variant: variant.id, state: 'attached', ...estimatesOf(selected) };
};

/** Metric id to why it is an estimate as this variant counts; nothing where all are counted. */
export const estimatesOf = ({ manifest, variant }: Selected): Pick<ProbeInUse, 'estimated'> => {
  const estimates = Object.entries(variant?.estimates ?? {});
  if (estimates.length === 0) return {};
  return { estimated: Object.fromEntries(estimates.map(([name, why]) => [`${manifest.id}.${name}`, why])) };
};
