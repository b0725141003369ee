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
  /** What the machine has read back from swap so far: what was there before comes back without growing. */
  readonly swappedIn: number;
};

/** What was there more at the last moment than at the first. */
export type Grown = Omit<Point, 'bootUs' | 'swappedIn'> & {
  readonly first: Point;
  readonly last: Point;
} & Pick<Rises, 'leastStep' | 'pace'>;

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

/** How a level has risen in its troughs. */
export type Rises = {
  readonly first: number;
  readonly rise: number;
  /** The slowest rise of a part, as a share of the mean: 1 where it grows as steadily as a clock goes. */
  readonly leastStep: number;
  /** How fast it rises in the end, as a share of how fast it did in the beginning. */
  readonly pace: number;
};

/**
 * Of equal parts the least of each, from the first to the last. Moments are further apart where a machine is held up: a
 * rise is divided by the time that it took.
 */
export const risesOf = (points: readonly (readonly [at: number, value: number])[]): Rises => {
  const troughs = Array.from({ length: LEAK.parts }, (_, part) =>
    points
      .slice(
        Math.floor((part * points.length) / LEAK.parts),
        Math.floor(((part + 1) * points.length) / LEAK.parts),
      )
      .reduce((least, point) => (point[1] < least[1] ? point : least)),
  );
  const slope = (from: number, to: number): number => {
    const [[atFrom = 0, before = 0] = [], [atTo = 0, after = 0] = []] = [troughs.at(from), troughs.at(to)];
    return (after - before) / (atTo - atFrom);
  };
  const steps = troughs.slice(1).map((_, index) => slope(index, index + 1));
  const first = troughs[0]?.[1] ?? 0;
  return {
    first,
    rise: (troughs.at(-1)?.[1] ?? 0) - first,
    leastStep: Math.min(...steps) / slope(0, -1),
    pace: slope(-3, -1) / slope(0, 2),
  };
};

/**
 * A leak per request or per round is steady; a compiler takes what its input asks for, and a young heap grows by leaps. A
 * minute is enough where it goes like a clock, unless it is a heap that is collected; else it takes minutes.
 */
export const isUnabated = (
  { leastStep, pace }: Pick<Rises, 'leastStep' | 'pace'>,
  { forUs, isCollected = false }: { readonly forUs: number; readonly isCollected?: boolean },
): boolean => {
  if (leastStep >= LEAK.clockStep && pace >= LEAK.clockPace && !isCollected) return true;
  return leastStep >= LEAK.steadyStep && pace >= LEAK.steadyPace && forUs >= LEAK.steadyMs * 1000;
};
