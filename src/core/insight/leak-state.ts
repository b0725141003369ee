/** Moments of processes that may grow. */
import type { Entity } from '../entity.ts';

export type Point = {
  readonly bootUs: number;
  readonly held: number;
  readonly arenas: number;
  readonly heap: number;
};

type Growth = { everyTicks: number; sinceTicks: number; points: Point[] };

export type Leaks = { readonly processes: Map<Entity, Growth> };

export const createLeaks = (): Leaks => ({ processes: new Map() });
