/** Moments of processes that may grow. */
import type { Entity } from '../core/entity.ts';
import { LEAK } from './growth-params.ts';

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

export type Growth<One> = { everyTicks: number; sinceTicks: number; points: One[] };

/** In how many extents a file lay. */
export type ExtentsPoint = { readonly bootUs: number; readonly extents: number };

/** Memory of kernel objects: what cannot be dropped, and what can. */
export type SlabPoint = { readonly bootUs: number; readonly held: number; readonly droppable: number };

export type Leaks = {
  readonly processes: Map<Entity, Growth<Point>>;
  /** By metric. */
  readonly files: Map<string, Growth<ExtentsPoint>>;
  readonly slab: Growth<SlabPoint>;
};

export const createGrowth = <One>(): Growth<One> => ({ everyTicks: 1, sinceTicks: 0, points: [] });

export const createLeaks = (): Leaks => ({ processes: new Map(), files: new Map(), slab: createGrowth() });

/** To be called with every sample: at most so many moments are kept, further and further apart. */
export const addPoint = <One>(growth: Growth<One>, point: () => One): void => {
  growth.sinceTicks += 1;
  if (growth.sinceTicks < growth.everyTicks) return;
  growth.sinceTicks = 0;
  growth.points.push(point());
  if (growth.points.length < LEAK.points) return;
  growth.points = growth.points.filter((_, index) => index % 2 === 1);
  growth.everyTicks *= 2;
};

/** Of equal parts of the time the least of each: from the first to the last, and the least step as a share of the mean. */
export const risesOf = (
  values: readonly number[],
): { readonly first: number; readonly rise: number; readonly leastStep: number } => {
  const troughs = Array.from({ length: LEAK.parts }, (_, part) => {
    const from = Math.floor((part * values.length) / LEAK.parts);
    const to = Math.floor(((part + 1) * values.length) / LEAK.parts);
    return Math.min(...values.slice(from, to));
  });
  const steps = troughs.slice(1).map((trough, index) => trough - (troughs[index] ?? 0));
  const first = troughs[0] ?? 0;
  const rise = (troughs.at(-1) ?? 0) - first;
  return { first, rise, leastStep: Math.min(...steps) / (rise / steps.length) };
};
