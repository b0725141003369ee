/** Moments of processes that may grow. */
import type { Entity } from '../core/entity.ts';

export type Point = {
  readonly bootUs: number;
  readonly held: number;
  readonly arenas: number;
  readonly heap: number;
  /** Of the heap, in large blocks: what the interpreter's own code holds, and what other code does. */
  readonly own: number;
  readonly native: number;
};

/** What was there more at the last moment than at the first. */
export type Grown = Omit<Point, 'bootUs'> & {
  readonly first: Point;
  readonly last: Point;
  /** The least rise of a part of the time, as a share of the mean: 1 where it grows as steadily as a clock goes. */
  readonly leastStep: number;
};

type Growth = { everyTicks: number; sinceTicks: number; points: Point[] };

export type Leaks = { readonly processes: Map<Entity, Growth> };

export const createLeaks = (): Leaks => ({ processes: new Map() });
