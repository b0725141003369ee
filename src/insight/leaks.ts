/**
 * Slow growth, over minutes to days. Of each process at most LEAK.points moments are kept; when they are full every
 * second one goes and the distance doubles. What leaks grows in its troughs: the least of each sixth of the time is
 * above the least of the one before, to the end. A cache that fills up, a daily rhythm and a sawtooth of garbage
 * collections do not pass; start-up is left out.
 */
import type { Entity } from '../core/entity.ts';
import type { SessionState } from '../core/state.ts';
import { isOwn } from '../core/who.ts';
import type { Finding } from './findings/finding.ts';
import { LEAK_METRICS } from './findings/leak-signature.ts';
import { LEAK } from './growth-params.ts';
import { describeLeak } from './leak-account.ts';
import { roomFor } from './leak-room.ts';
import { addPoint, createGrowth, type Grown, type Leaks, type Point, risesOf } from './leak-state.ts';
import { allocatorsOf, verdictOf } from './leak-verdict.ts';
import type { Watch } from './watch.ts';

/** To be called after every sample was folded. */
export const watchGrowth = (
  { leaks: { processes }, processes: followed }: Pick<Watch, 'leaks' | 'processes'>,
  state: SessionState,
): void => {
  for (const entity of state.owners.values()) {
    if (!entity.counts.has(heldMetric(state)) || entity.endedBootUs !== null || isOwn(entity, state))
      continue;
    // Of who is not followed nothing is held that could leak.
    if (!processes.has(entity) && !followed.has(entity)) continue;
    const growth = processes.get(entity) ?? createGrowth();
    processes.set(entity, growth);
    addPoint(growth, () => pointOf(entity, state));
  }
  for (const entity of processes.keys())
    if (state.owners.get(entity.pid) !== entity) processes.delete(entity);
};

/** What a process holds of its own; where only all of it is known, that. */
export const heldMetric = ({ metrics }: SessionState): string =>
  metrics.has(LEAK_METRICS.anonymous) ? LEAK_METRICS.anonymous : LEAK_METRICS.resident;

const SWAPPED_IN = 'vm.pswpin';
const PAGE_BYTES = 4096;

const pointOf = ({ counts }: Entity, state: SessionState): Point => {
  const total = (metric: string): number => counts.get(metric)?.total ?? 0;
  const mapped = total(LEAK_METRICS.arenas);
  const arenaBytes = mapped > 0 ? total(LEAK_METRICS.arenaBytes) / mapped : 0;
  return {
    bootUs: state.bootUs,
    held: total(heldMetric(state)),
    arenas: (mapped - total(LEAK_METRICS.arenasFreed)) * arenaBytes,
    heap: total(LEAK_METRICS.heapGrown) - total(LEAK_METRICS.heapFreed),
    own: total(LEAK_METRICS.ownMapped) - total(LEAK_METRICS.ownUnmapped),
    native: total(LEAK_METRICS.nativeMapped) - total(LEAK_METRICS.nativeUnmapped),
    swappedIn: (state.host.get(SWAPPED_IN)?.total ?? 0) * PAGE_BYTES,
  };
};

export const leakFindings = ({ processes }: Leaks, state: SessionState): Finding[] =>
  [...processes].flatMap(([entity, { points }]) => {
    const grown = growthOf(points);
    if (grown === null) return [];
    const allocators = allocatorsOf(entity, state);
    const held = heldMetric(state);
    const room = roomFor(entity, state);
    const verdict = verdictOf(grown, allocators, { room, isAnonymous: held === LEAK_METRICS.anonymous });
    if (verdict === null) return [];
    return [describeLeak({ entity, verdict, grown, allocators, heldMetric: held }, state)];
  });

/**
 * null unless every trough is above the one before, and it has neither settled nor slows down. Only the time in which it was seen to grow
 * counts: after its end nothing more is seen of a process.
 */
const growthOf = (points: readonly Point[]): Grown | null => {
  const [first, last] = [points[Math.floor(points.length * LEAK.startUpShare)], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (last.bootUs - first.bootUs < LEAK.leastMs * 1000) return null;
  const settled = points.filter(({ bootUs }) => bootUs >= first.bootUs);
  if (settled.length < 2 * LEAK.parts) return null;
  const { first: trough, rise, leastStep, pace } = risesOf(settled.map(({ bootUs, held }) => [bootUs, held]));
  if (rise < Math.max(LEAK.leastBytes, LEAK.leastShare * trough)) return null;
  if (last.swappedIn - first.swappedIn >= LEAK.mostlyShare * rise) return null;
  return {
    first,
    last,
    leastStep,
    pace,
    held: last.held - first.held,
    arenas: last.arenas - first.arenas,
    heap: last.heap - first.heap,
    own: last.own - first.own,
    native: last.native - first.native,
  };
};
