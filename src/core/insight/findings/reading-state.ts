/** What the measures of signatures are read from. */
import type { Entity } from '../../entity.ts';

export type Readings = {
  ticks: number;
  /** Metric to rate per second. Rates of processes that have been quiet for long are dropped. */
  readonly processes: Map<Entity, Map<string, number>>;
  readonly hostRates: Map<string, number>;
  readonly hostLevels: Map<string, number>;
};

export const createReadings = (): Readings => ({
  ticks: 0,
  processes: new Map(),
  hostRates: new Map(),
  hostLevels: new Map(),
});
