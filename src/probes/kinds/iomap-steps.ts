/**
 * What the extent steps of searches are worth, of the tracer's maps (probes/iomap): how many searches may have taken more
 * than was counted, by how much the count may be too high, and for which processes no step could be seen at all.
 * Those show "not covered" instead of zero: on tmpfs or btrfs a search takes time and no step that anybody counts.
 */

import type { CounterEntry } from '../../core/record.ts';
import type { Derivation } from '../../session/ports.ts';

const ITER = 'iomap.iter';
const LEAST = 'iomap.least';
const OVER = 'iomap.over';
/** Only for what the events cost. */
const EVENTS = 'iomap.events';
const SEEKS = ['iomap.seek_hole', 'iomap.seek_data'];

const NONE_SEEN =
  'none of its searches took a step that can be seen: file systems such as tmpfs, btrfs, ZFS and NFS have none';

export const createIomapSteps = (): Derivation => {
  let unseen: ReadonlySet<number> = new Set();
  /** Not while the probe counts searches alone. */
  let counted = true;
  return {
    internal: { [LEAST]: [ITER], [OVER]: [ITER], [EVENTS]: [] },
    read: (counters, grown) => {
      const stepped = pidsOf(counters.get(ITER));
      const searched = SEEKS.flatMap((metric) => [...pidsOf(counters.get(metric))]);
      unseen = new Set(counted ? searched.filter((pid) => !stepped.has(pid)) : []);
      const least = grown.get(LEAST) ?? 0;
      const over = grown.get(OVER) ?? 0;
      return [
        ...(least > 0 ? [{ kind: 'least-steps', metric: ITER, count: least } as const] : []),
        ...(over > 0 ? [{ kind: 'over-steps', metric: ITER, count: over } as const] : []),
      ];
    },
    restart: (probes) => {
      counted = !probes.some(({ uncounted }) => uncounted?.includes(ITER));
      unseen = new Set();
    },
    uncovered: (pid) => (unseen.has(pid) ? { [ITER]: NONE_SEEN } : {}),
  };
};

const pidsOf = (entries: readonly CounterEntry[] | undefined): ReadonlySet<number> =>
  new Set((entries ?? []).map(([pid = 0]) => pid));
