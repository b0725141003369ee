/**
 * Which of two came first? Only when the lag is more than the clock can blur, and when enough of the lags that are not
 * zero fall on one side. Otherwise: together, order unknown.
 */
import type { Coincidence } from './coincide.ts';
import { DIRECTION } from './params.ts';
import { probabilityOfBias } from './statistics.ts';

export type Direction = {
  readonly order: 'first-leads' | 'second-leads' | 'unknown';
  /** P(the side that was first more often leads), 1/2 when nothing speaks for either. */
  readonly probability: number;
};

export const directionOf = ({ matches, lagTicks }: Pick<Coincidence, 'matches' | 'lagTicks'>): Direction => {
  const after = matches.filter(([a, b]) => b.tick > a.tick).length;
  const before = matches.filter(([a, b]) => b.tick < a.tick).length;
  const probability = after + before === 0 ? 0.5 : probabilityOfBias(Math.max(after, before), after + before);
  const least = matches.length >= DIRECTION.shortLagOccurrences ? 1 : DIRECTION.leastLagTicks;
  if (Math.abs(lagTicks) < least || probability < DIRECTION.confidence)
    return { order: 'unknown', probability };
  return { order: lagTicks > 0 ? 'first-leads' : 'second-leads', probability };
};
