/**
 * Slow growth, over minutes to days. Of each process at most LEAK.points moments are kept; when they are full every
 * second one goes and the distance doubles. What leaks grows in its troughs: the least of each sixth of the time is
 * above the least of the one before, to the end. A cache that fills up, a daily rhythm and a sawtooth of garbage
 * collections do not pass; start-up is left out.
 */
import type { Entity } from '../entity.ts';
import type { SessionState } from '../state.ts';
import type { Finding } from './findings/finding.ts';
import { LEAK_METRICS, type LeakSignature } from './findings/leak-signature.ts';
import { nativeLeak } from './findings/native-leak.ts';
import { pythonLeak } from './findings/python-leak.ts';
import type { Leaks, Point } from './leak-state.ts';
import { LEAK } from './params.ts';

/** To be called after every sample was folded. */
export const watchGrowth = ({ processes }: Leaks, state: SessionState): void => {
  for (const entity of state.owners.values()) {
    if (!entity.counts.has(heldMetric(state)) || entity.endedBootUs !== null) continue;
    const growth = processes.get(entity) ?? { everyTicks: 1, sinceTicks: 0, points: [] };
    processes.set(entity, growth);
    growth.sinceTicks += 1;
    if (growth.sinceTicks < growth.everyTicks) continue;
    growth.sinceTicks = 0;
    growth.points.push(pointOf(entity, state));
    if (growth.points.length < LEAK.points) continue;
    growth.points = growth.points.filter((_, index) => index % 2 === 1);
    growth.everyTicks *= 2;
  }
  for (const entity of processes.keys())
    if (state.owners.get(entity.pid) !== entity) processes.delete(entity);
};

/** What a process holds of its own; where only all of it is known, that. */
const heldMetric = ({ metrics }: SessionState): string =>
  metrics.has(LEAK_METRICS.anonymous) ? LEAK_METRICS.anonymous : LEAK_METRICS.resident;

const pointOf = ({ counts }: Entity, state: SessionState): Point => {
  const total = (metric: string): number => counts.get(metric)?.total ?? 0;
  const mapped = total(LEAK_METRICS.arenas);
  const arenaBytes = mapped > 0 ? total(LEAK_METRICS.arenaBytes) / mapped : 0;
  return {
    bootUs: state.bootUs,
    held: total(heldMetric(state)),
    arenas: (mapped - total(LEAK_METRICS.arenasFreed)) * arenaBytes,
    heap: total(LEAK_METRICS.heapGrown) - total(LEAK_METRICS.heapFreed),
  };
};

export const leakFindings = ({ processes }: Leaks, state: SessionState): Finding[] =>
  [...processes].flatMap(([entity, { points }]) => {
    const grown = growthOf(points, state.bootUs);
    if (grown === null) return [];
    const [signature, confidence] = classify(grown, entity, state) ?? [];
    return signature === undefined || confidence === undefined
      ? []
      : [describe(entity, signature, confidence, grown, state)];
  });

type Grown = {
  readonly first: Point;
  readonly last: Point;
  readonly held: number;
  readonly arenas: number;
  readonly heap: number;
};

/** null unless every trough is above the one before, and it has not settled. */
const growthOf = (points: readonly Point[], nowUs: number): Grown | null => {
  const [first, last] = [points[Math.floor(points.length * LEAK.startUpShare)], points.at(-1)];
  if (first === undefined || last === undefined || nowUs - first.bootUs < LEAK.leastMs * 1000) return null;
  const settled = points.filter(({ bootUs }) => bootUs >= first.bootUs);
  if (settled.length < 2 * LEAK.parts) return null;
  const troughs = Array.from({ length: LEAK.parts }, (_, part) => {
    const from = Math.floor((part * settled.length) / LEAK.parts);
    const to = Math.floor(((part + 1) * settled.length) / LEAK.parts);
    return Math.min(...settled.slice(from, to).map(({ held }) => held));
  });
  const steps = troughs.slice(1).map((trough, index) => trough - (troughs[index] ?? 0));
  const held = (troughs.at(-1) ?? 0) - (troughs[0] ?? 0);
  const usual = held / steps.length;
  if (held < Math.max(LEAK.leastBytes, LEAK.leastShare * (troughs[0] ?? 0))) return null;
  if (steps.some((step) => step <= usual * LEAK.leastStep)) return null;
  return {
    first,
    last,
    held: last.held - first.held,
    arenas: last.arenas - first.arenas,
    heap: last.heap - first.heap,
  };
};

const isPython = ({ counts }: Entity, state: SessionState): boolean =>
  state.metrics.has(LEAK_METRICS.arenas) &&
  (counts.has(LEAK_METRICS.arenas) || counts.has(LEAK_METRICS.heapGrown));

const PYTHON_COMMAND = /^(?:\S*\/)?python[\d.]*(?: |$)/;

const runsPython = ({ comm, cmdline }: Entity): boolean => PYTHON_COMMAND.test(cmdline ?? comm);

/** Who holds the growth. Where both or neither do, nobody is accused. */
const classify = (
  { held, arenas, heap }: Grown,
  entity: Entity,
  state: SessionState,
): readonly [LeakSignature, number] | null => {
  if (!isPython(entity, state)) {
    // Of an interpreter whose allocators nobody watched, either may grow.
    return runsPython(entity) ? null : [nativeLeak, LEAK.confidenceUnknownAllocator];
  }
  const inArenas = arenas / held;
  const inHeap = heap / held;
  if (inArenas >= LEAK.mostlyShare && inArenas > inHeap) return [pythonLeak, LEAK.confidence];
  if (inHeap >= LEAK.mostlyShare && inArenas < LEAK.hardlyShare) return [nativeLeak, LEAK.confidence];
  return null;
};

const describe = (
  { pid, startMs, comm }: Entity,
  signature: LeakSignature,
  confidence: number,
  { first, last, held, arenas, heap }: Grown,
  state: SessionState,
): Finding => {
  const evidence = (metric: string, value: number, what: string) => ({
    metric,
    value,
    unit: 'bytes' as const,
    what,
    atUs: last.bootUs,
  });
  const measured = state.metrics.has(LEAK_METRICS.arenas);
  return {
    id: signature.id,
    title: signature.title,
    severity: signature.severity,
    confidence,
    suspect: { pid, startMs, comm },
    victims: [],
    startUs: first.bootUs,
    endUs: last.bootUs,
    evidence: [
      evidence(
        heldMetric(state),
        held,
        `growth of the memory it holds in ${Math.round((last.bootUs - first.bootUs) / 1e6)} s`,
      ),
      ...(measured
        ? [
            evidence(LEAK_METRICS.arenaBytes, arenas, "growth of Python's arenas, less those given back"),
            evidence(
              LEAK_METRICS.heapGrown,
              heap,
              'growth of other private memory, less what was given back',
            ),
          ]
        : []),
    ],
    missing: measured ? [] : [LEAK_METRICS.arenaBytes, LEAK_METRICS.heapGrown],
    advice: signature.advice,
  };
};
