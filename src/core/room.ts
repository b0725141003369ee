/**
 * What a session may hold, whatever its stream brings: a line is bounded by itself, but a million of them add up. Beyond these
 * bounds a reading, a name or a fact is left out, and counted (`over-limit`): every count is then a lower bound. The kernel's
 * maps have room for fewer processes than that; only a recording that was made to hurt, or a host of its own kind, comes here.
 */
import { MAX_COUNTS, MAX_PROCESSES, MAX_TEXT_CHARS, PART_WEIGHT } from './bounds.ts';
import type { Entity } from './entity.ts';
import type { SessionState } from './state.ts';
import { ALL_METRICS } from './trust.ts';

/** Something was left out. */
export const leaveOut = (state: SessionState, count = 1): void => {
  state.losses.set('over-limit', (state.losses.get('over-limit') ?? 0) + count);
  state.doubtUs.set(ALL_METRICS, state.bootUs);
};

export const hasRoomForProcess = ({ owners, former }: SessionState): boolean =>
  owners.size + former.size < MAX_PROCESSES;

/** What was counted on the way is an upper bound: near the limit it is looked at closely, once a sample. */
export const roomForCounts = (state: SessionState): number => {
  const { held, samples } = state;
  if (held.counts > MAX_COUNTS / 2 && held.recountedAt !== samples) {
    held.counts = countsIn(state);
    held.recountedAt = samples;
  }
  return MAX_COUNTS - held.counts;
};

const countsIn = ({ owners, former, baselines }: SessionState): number => {
  let counts = 0;
  for (const entities of [owners.values(), former.values()])
    for (const entity of entities) counts += countsOf(entity);
  let keys = 0;
  for (const account of baselines.values()) keys += account.size;
  return Math.max(counts, keys);
};

const countsOf = ({ counts, parts }: Entity): number => {
  let sum = counts.size;
  for (const byKey of parts.values()) sum += PART_WEIGHT * byKey.size;
  return sum;
};

/** Keeps text where there is room for it; `before` is what makes way for it. False where there is none. */
export const holdText = ({ held }: SessionState, before: number, after: number): boolean => {
  if (after > before && held.chars + after - before > MAX_TEXT_CHARS) return false;
  held.chars += after - before;
  return true;
};

export const textOf = ({ cmdline, cgroup, cgroups, uncovered, formerly, shared }: Entity): number =>
  (cmdline?.length ?? 0) +
  (cgroup?.length ?? 0) +
  lengthOf(cgroups) +
  lengthOf(formerly) +
  (shared?.length ?? 0) +
  lengthOf(Object.entries(uncovered).flat());

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);
