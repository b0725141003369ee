/** What the measures of signatures are read from. */
import type { Cgroup } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { PlaceReading } from './place.ts';

export type Readings = {
  ticks: number;
  /** Metric to rate per second, smoothed. Rates of processes that have been quiet for long are dropped. */
  readonly processes: Map<Entity, Map<string, number>>;
  /** The same of control groups. */
  readonly cgroups: Map<Cgroup, Map<string, number>>;
  /** Block devices, and kernel functions in which threads wait. */
  readonly places: Map<string, PlaceReading>;
  /** CPU time of programs, in ms per second, smoothed (programs.ts). */
  readonly programs: Map<string, number>;
  /** Of each program, what the process of it that waited most did for a CPU, in ns per second, smoothed. */
  readonly waits: Map<string, number>;
  readonly hostRates: Map<string, number>;
  readonly hostLevels: Map<string, number>;
  /** What this tick counted, as it was counted: of each process that did something, of all of them, of the host. */
  readonly now: {
    us: number;
    readonly processes: Map<Entity, Map<string, number>>;
    readonly all: Map<string, number>;
    readonly host: Map<string, number>;
    readonly cgroups: Map<Cgroup, Map<string, number>>;
  };
};

/**
 * What is not read with the tracer's maps is counted by its rate, in proportion to the time for which they were read, and at
 * the rate read last where it was not read since: so that all amounts are of the same stretch, however late any reading was.
 */
export const amountIn = ({ us }: Readings['now'], perSecond: number): number => (perSecond * us) / 1e6;

export const createReadings = (): Readings => ({
  ticks: 0,
  processes: new Map(),
  cgroups: new Map(),
  places: new Map(),
  programs: new Map(),
  waits: new Map(),
  hostRates: new Map(),
  hostLevels: new Map(),
  now: { us: 0, processes: new Map(), all: new Map(), host: new Map(), cgroups: new Map() },
});
