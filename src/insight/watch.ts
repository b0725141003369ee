/** All that insight keeps of a session: plain data beside the state it watches, cloned with it. */
import type { Entity } from '../core/entity.ts';
import type { HeaderRecord } from '../core/record.ts';
import type { SessionState } from '../core/state.ts';
import { createInsight, type Insight } from './detector-state.ts';
import { type Cases, createCases } from './findings/cases.ts';
import { createReadings, type Readings } from './findings/reading-state.ts';
import { createLeaks, type Leaks } from './leak-state.ts';

export type Watch = {
  readonly insight: Insight;
  /** Rows of the insight, by whose they are and by metric. */
  readonly processes: Map<Entity, Map<string, number>>;
  readonly host: Map<string, number>;
  readonly readings: Readings;
  readonly cases: Cases;
  readonly leaks: Leaks;
  /** When watching began. */
  readonly fromUs: number;
  /** From this time on the baseline is frozen, whatever marks say: infinity for never. */
  readonly freezeUs: number;
  /** Since when nothing more is learnt about what is usual; null while it is. */
  frozenUs: number | null;
  /** Time of the last sample, 0 before the first. */
  lastUs: number;
};

/** A session that somebody watches. */
export type Watched = { readonly state: SessionState; readonly watch: Watch };

export type WatchOptions = {
  /** From which score on something is a spike, unless the usual one. */
  readonly eventScore?: number | undefined;
  /** From when on nothing more is learnt about what is usual, in ms after the beginning. */
  readonly freezeAfterMs?: number | undefined;
};

export const createWatch = (
  { intervalMs, clock }: HeaderRecord,
  { eventScore, freezeAfterMs = Number.POSITIVE_INFINITY }: WatchOptions = {},
  fromUs: number = clock.bootUs,
): Watch => ({
  insight: createInsight(intervalMs, eventScore),
  processes: new Map(),
  host: new Map(),
  readings: createReadings(),
  cases: createCases(),
  leaks: createLeaks(),
  fromUs,
  freezeUs: clock.bootUs + freezeAfterMs * 1000,
  frozenUs: null,
  lastUs: 0,
});
