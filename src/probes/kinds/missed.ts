/**
 * What a probe could not count, that looks for a beginning where it sees an end. For any probe that has the metrics `twice`
 * (what began while its like went on, and was left out) and `missed` (ends of which no beginning is known), both
 * internal. Either makes all that it counts a lower bound. What is missed beyond what was left out was begun by two CPUs at
 * the same moment, which set one key between them; or before tracing, which is over within the first readings.
 */
import type { Derivation } from '../../session/ports.ts';
import type { Manifest } from '../manifest.ts';

const FIRST_READINGS = 2;

export const createMissed = ({ id, metrics }: Pick<Manifest, 'id' | 'metrics'>): Derivation => {
  const TWICE = `${id}.twice`;
  const MISSED = `${id}.missed`;
  const counted = metrics.filter(({ internal }) => internal !== true).map(({ name }) => `${id}.${name}`);
  let readings = 0;
  /** Missed and not left out, so far; and how much of it is known. */
  let beyond = 0;
  let known = 0;
  return {
    internal: { [TWICE]: [], [MISSED]: [] },
    read: (_counters, grown) => {
      readings += 1;
      const twice = grown.get(TWICE) ?? 0;
      beyond += (grown.get(MISSED) ?? 0) - twice;
      const count = twice + (readings > FIRST_READINGS ? Math.max(0, beyond - known) : 0);
      known = Math.max(known, beyond);
      return count === 0 ? [] : counted.map((metric) => ({ kind: 'least-steps', metric, count }) as const);
    },
    restart: () => {
      readings = 0;
      beyond = 0;
      known = 0;
    },
    uncovered: () => ({}),
  };
};
