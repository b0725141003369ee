/** Whether a condition holds: by which bounds, since when, and what its value is of a suspect or of the others. */
import { type Cgroup, isIn } from '../../core/cgroup.ts';
import type { HostIdentity } from '../../core/record.ts';
import type { SessionState } from '../../core/state.ts';
import type { Case, Held } from './cases.ts';
import { ofPlace } from './place.ts';
import type { Readings } from './reading-state.ts';
import { countedMetric, isMeasured, ofCgroup, ofProcess } from './readings.ts';
import type { Condition, Each, Measure, Signature } from './signature.ts';
import type { Subject } from './stretch.ts';

/** A condition that was gone for longer begins anew. */
const STREAK_TICKS = 3;
const RISEN = 3;

const WHOLE = {
  memory: ({ memoryBytes }: HostIdentity): number => memoryBytes / 1024,
  cpus: ({ cpus }: HostIdentity): number => cpus * 1000,
} as const;

type Bounds = { readonly least: number; readonly most: number };

export const boundsOf = (
  { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, ofAll }: Condition,
  { header }: SessionState,
): Bounds => {
  // Of what nobody knows no share can be said: NaN, which nothing keeps to.
  const factor = ofAll === undefined ? 1 : WHOLE[ofAll](header.host) || Number.NaN;
  return { least: least * factor, most: most * factor };
};

const isOfUnknown = (ofAll: Condition['ofAll'], { header }: SessionState): boolean =>
  ofAll !== undefined && WHOLE[ofAll](header.host) === 0;

export const boundsFor = (
  condition: Condition,
  instead: Readonly<Record<string, number>>,
  state: SessionState,
): Bounds => {
  const bounds = boundsOf(condition, state);
  return { ...bounds, least: Math.max(bounds.least, instead[condition.id] ?? bounds.least) };
};

const NOTHING_INSTEAD: Readonly<Record<string, number>> = {};

/** What must make up for what is unknown: the first way that is gone, or none of them yet. */
export const insteadOf = ({ signature, unknown }: Case, rates: ReadonlyMap<string, number>) => {
  const { without, conditions } = signature;
  if (without === undefined || !unknown.includes(without.unknown)) return NOTHING_INSTEAD;
  const isGone = (least: Readonly<Record<string, number>>): boolean =>
    conditions.every(({ id, measure }) => !(ofProcess(rates, measure) < (least[id] ?? 0)));
  return without.least.find(isGone) ?? without.least[0] ?? NOTHING_INSTEAD;
};

/** A condition of a signature now: its value, and the bounds that it must keep to. */
export type Measured = {
  readonly signature: Signature;
  readonly condition: Condition;
  readonly bounds: Bounds;
  readonly value: number;
};

export const hold = (
  into: Map<string, Held>,
  key: string,
  { signature, condition, bounds: { least, most }, value }: Measured,
  { tick: now, bootUs }: { readonly tick: number; readonly bootUs: number },
): void => {
  // NaN, which is what cannot be said, does not hold.
  if (!(value >= least && value <= most)) return;
  const held = into.get(key);
  if (held === undefined || now - held.lastTick > Math.max(STREAK_TICKS, signature.togetherTicks)) {
    const louder = held === undefined || value > held.most;
    into.set(key, {
      sinceTick: now,
      lastTick: now,
      most: louder ? value : held.most,
      atUs: louder ? bootUs : held.atUs,
    });
    return;
  }
  held.lastTick = now;
  // What was free long before says nothing: of a level the newest counts.
  if (value <= held.most && condition.measure.kind !== 'level') return;
  // Where order is the clue, what was there all along and rises to a multiple of itself begins anew.
  if (condition.order !== undefined && value > RISEN * held.most) held.sinceTick = now;
  held.most = value;
  held.atUs = bootUs;
};

export const measureOf = (
  { suspect, cgroup, place }: Subject,
  { scope, measure, each }: Condition,
  rates: ReadonlyMap<string, number>,
  { processes }: Readings,
): number => {
  if (scope === 'suspect') {
    if (place !== null) return ofPlace(rates, measure);
    return cgroup === null ? ofProcess(rates, measure) : ofCgroup(rates, cgroup, measure);
  }
  let most = Number.NaN;
  for (const [entity, others] of processes) {
    if (entity === suspect || (cgroup !== null && !isIn(entity, cgroup.path))) continue;
    if (!takesAsLong(others, measure, each)) continue;
    const value = ofProcess(others, measure);
    if (!(most >= value)) most = value;
  }
  return most;
};

/** Whether there is so much of it for each of another. */
export const takesAsLong = (
  rates: ReadonlyMap<string, number>,
  { metric }: Measure,
  each: Each | undefined,
): boolean => each === undefined || ofProcess(rates, { kind: 'ratio', metric, per: each.per }) >= each.least;

/** Conditions that say nothing of this suspect: not measured in this session, or not of such a process. */
export const unknownTo = (
  { signature, suspect, cgroup, place, stretch, pending }: Case,
  state: SessionState,
): string[] =>
  signature.conditions
    .filter(({ scope, measure, silentIsUnknown, need, ofAll }) => {
      if (need === 'forbidden') return false;
      // What is not said of a place does not hold: it is about little else.
      if (place !== null && scope === 'suspect') return false;
      if (!isMeasured(state, measure) || isOfUnknown(ofAll, state)) return true;
      if (cgroup !== null && scope === 'suspect') return isUncovered(cgroup, measure);
      if (suspect === null) return false;
      if (suspect.uncovered[countedMetric(measure.metric)] !== undefined) return true;
      return silentIsUnknown === true && !stretch.own.has(measure.metric) && !pending.own.has(measure.metric);
    })
    .map(({ id }) => id);

/** None of what the measure asks for is said of this group. */
const isUncovered = ({ uncovered, readings }: Cgroup, { metric }: Measure): boolean =>
  metric.endsWith('*')
    ? ![...readings.keys()].some((id) => id.startsWith(metric.slice(0, -1)))
    : uncovered[metric] !== undefined;
