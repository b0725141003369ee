/** All that insight keeps of a session: plain data beside the state it watches, cloned with it. */
import type { Entity } from '../entity.ts';
import { type Cases, createCases } from './findings/cases.ts';
import { createReadings, type Readings } from './findings/reading-state.ts';
import { createInsight, type Insight } from './insight.ts';
import { createLeaks, type Leaks } from './leak-state.ts';

export type Watch = {
  readonly insight: Insight;
  /** Rows of the insight, by whose they are and by metric. */
  readonly processes: Map<Entity, Map<string, number>>;
  readonly host: Map<string, number>;
  readonly readings: Readings;
  readonly cases: Cases;
  readonly leaks: Leaks;
  /** From this time on the baseline is frozen: nothing more is learnt about what is usual. Infinity for never. */
  readonly freezeUs: number;
  /** Time of the last sample, 0 before the first. */
  lastUs: number;
};

export const createWatch = (
  intervalMs: number,
  eventScore?: number,
  freezeUs: number = Number.POSITIVE_INFINITY,
): Watch => ({
  insight: createInsight(intervalMs, eventScore),
  processes: new Map(),
  host: new Map(),
  readings: createReadings(),
  cases: createCases(),
  leaks: createLeaks(),
  freezeUs,
  lastUs: 0,
});
