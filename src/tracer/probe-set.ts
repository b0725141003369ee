/** The probes of a session as they are now: attached, refused, or dropped. */
import type { ProbeInUse } from '../core/record.ts';

export type ProbeSet = {
  all(): readonly ProbeInUse[];
  /** Those that a tracer is to have. */
  attached(): readonly ProbeInUse[];
  /** The same once these have changed. */
  attachedWith(changed: readonly ProbeInUse[]): readonly ProbeInUse[];
  change(changed: readonly ProbeInUse[]): void;
  refuse(id: string, reason: string): void;
};

export const createProbeSet = (initial: readonly ProbeInUse[]): ProbeSet => {
  const probes = new Map(initial.map((probe) => [probe.id, probe]));
  const isAttached = ({ state }: ProbeInUse): boolean => state === 'attached';
  return {
    all: () => [...probes.values()],
    attached: () => [...probes.values()].filter(isAttached),
    attachedWith: (changed) => {
      const next = new Map([...probes, ...changed.map((probe) => [probe.id, probe] as const)]);
      return [...next.values()].filter(isAttached);
    },
    change: (changed) => {
      for (const probe of changed) probes.set(probe.id, probe);
    },
    refuse: (id, reason) => {
      const probe = probes.get(id);
      if (probe !== undefined) probes.set(id, { ...probe, state: 'refused', reason });
    },
  };
};

export const idsOf = (probes: readonly ProbeInUse[]): readonly string[] => probes.map(({ id }) => id);
