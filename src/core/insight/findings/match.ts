/**
 * Holds every signature against every process that its anchor singles out, tick by tick. A case is opened when the
 * anchor rises; it becomes a finding when all that is required has held together, in the order that is required, for
 * long enough, and nothing that is forbidden has. What a session does not measure is left out and said to be missing.
 */
import type { Entity } from '../../entity.ts';
import type { SessionState } from '../../state.ts';
import type { Case, Cases, Held } from './cases.ts';
import { describeCase, MAX_VICTIMS } from './describe.ts';
import type { Finding } from './finding.ts';
import { SIGNATURES } from './index.ts';
import type { Readings } from './reading-state.ts';
import { countedMetric, isMeasured, ofHost, ofProcess, read } from './readings.ts';
import type { Condition, Signature } from './signature.ts';

const MAX_NAMED = 200;
/** A condition that was gone for longer begins anew. */
const STREAK_TICKS = 3;
const RISEN = 3;
/** A case in which nothing has held for so long is closed. */
const CLOSED_AFTER_TICKS = 60;

const WATCHED: ReadonlySet<string> = new Set(
  SIGNATURES.flatMap(({ anchor, victims, conditions }) => [
    anchor.metric,
    ...(victims === null ? [] : [victims.metric]),
    ...conditions.flatMap(({ measure }) => [
      countedMetric(measure.metric),
      ...(measure.kind === 'ratio' ? [measure.per] : []),
    ]),
  ]),
);

/** Signatures as they are where no process is counted. */
const HOST_ALONE: ReadonlyMap<Signature, Signature> = new Map(
  SIGNATURES.flatMap((signature) =>
    signature.hostAlone === undefined
      ? []
      : [[signature, { ...signature, conditions: signature.hostAlone, victims: null }]],
  ),
);

const NO_RATES: ReadonlyMap<string, number> = new Map();

/** To be called after every sample was folded. */
export const matchSignatures = (cases: Cases, readings: Readings, state: SessionState): void => {
  read(readings, state, WATCHED);
  for (const one of SIGNATURES) {
    const attended = isMeasured(state, { kind: 'rate', metric: one.anchor.metric });
    const signature = attended ? one : HOST_ALONE.get(one);
    if (signature === undefined) continue;
    for (const condition of signature.conditions) {
      if (condition.scope !== 'host') continue;
      const value = ofHost(readings, state, condition.measure);
      hold(cases.host, hostKey(signature, condition), signature, condition, value, readings.ticks, state);
    }
    if (!attended) {
      if (saysEnough(signature, state)) advance(cases, signature, null, NO_RATES, 0, readings, state);
      continue;
    }
    for (const [entity, rates] of readings.processes) {
      const rate = rates.get(signature.anchor.metric) ?? 0;
      if (rate >= signature.anchor.least) advance(cases, signature, entity, rates, rate, readings, state);
    }
  }
  for (const [key, one] of cases.open) {
    if (readings.ticks - one.lastTick > CLOSED_AFTER_TICKS) cases.open.delete(key);
  }
};

const advance = (
  cases: Cases,
  signature: Signature,
  suspect: Entity | null,
  rates: ReadonlyMap<string, number>,
  rate: number,
  readings: Readings,
  state: SessionState,
): void => {
  const key = `${signature.id} ${suspect?.id ?? 'host'}`;
  const one = cases.open.get(key) ?? begin(signature, suspect, state);
  cases.open.set(key, one);
  one.lastTick = readings.ticks;
  for (const condition of signature.conditions) {
    if (condition.scope === 'host') {
      const held = cases.host.get(hostKey(signature, condition));
      // A copy: another case, later, may see more.
      if (held !== undefined) one.held.set(condition.id, { ...held });
      continue;
    }
    const value = measureOf(suspect, condition, rates, readings);
    hold(one.held, condition.id, signature, condition, value, readings.ticks, state);
  }
  if (!isComplete(one, readings, state)) {
    one.lasted = 0;
    return;
  }
  if (one.lasted === 0 && !one.named) one.startUs = state.bootUs;
  if (suspect !== null && !isActive(suspect, signature, state)) return;
  one.lasted += 1;
  one.weight += rate;
  one.endUs = state.bootUs;
  collectVictims(one, readings);
  if (one.named || one.lasted < signature.lastsTicks) return;
  one.named = true;
  cases.named.push(one);
  if (cases.named.length > MAX_NAMED) cases.named.shift();
};

/** Where nobody is accused, at most one of the measures may be missing. */
const saysEnough = ({ conditions }: Signature, state: SessionState): boolean =>
  conditions.filter(({ need, measure }) => need === 'required' && !isMeasured(state, measure)).length <= 1;

/** Rates are smoothed, and fade: only ticks in which the suspect really did something count. */
const isActive = (suspect: Entity, { anchor }: Signature, { counted, samples }: SessionState): boolean =>
  suspect.counts.get(anchor.metric)?.sample === counted.sample && counted.sample === samples - 1;

const begin = (signature: Signature, suspect: Entity | null, { bootUs }: SessionState): Case => ({
  signature,
  suspect,
  held: new Map(),
  lasted: 0,
  weight: 0,
  lastTick: 0,
  startUs: bootUs,
  endUs: bootUs,
  named: false,
  victims: new Map(),
});

const hostKey = (signature: Signature, condition: Condition): string => `${signature.id} ${condition.id}`;

const hold = (
  into: Map<string, Held>,
  key: string,
  signature: Signature,
  condition: Condition,
  value: number,
  now: number,
  state: SessionState,
): void => {
  const factor = condition.ofMemory ? state.header.host.memoryBytes / 1024 : 1;
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = condition;
  // NaN, which is what cannot be said, does not hold.
  if (!(value >= least * factor && value <= most * factor)) return;
  const held = into.get(key);
  if (held === undefined || now - held.lastTick > Math.max(STREAK_TICKS, signature.togetherTicks)) {
    const louder = held === undefined || value > held.most;
    into.set(key, {
      sinceTick: now,
      lastTick: now,
      most: louder ? value : held.most,
      atUs: louder ? state.bootUs : held.atUs,
    });
    return;
  }
  held.lastTick = now;
  // What was free long before says nothing: of a level the newest counts.
  if (value <= held.most && condition.measure.kind !== 'level') return;
  // Where order is the clue, what was there all along and rises to a multiple of itself begins anew.
  if (condition.order !== undefined && value > RISEN * held.most) held.sinceTick = now;
  held.most = value;
  held.atUs = state.bootUs;
};

const measureOf = (
  suspect: Entity | null,
  { scope, measure }: Condition,
  rates: ReadonlyMap<string, number>,
  { processes }: Readings,
): number => {
  if (scope === 'suspect') return ofProcess(rates, measure);
  let most = Number.NaN;
  for (const [entity, others] of processes) {
    if (entity === suspect) continue;
    const value = ofProcess(others, measure);
    if (!(most >= value)) most = value;
  }
  return most;
};

const isComplete = (one: Case, { ticks }: Readings, state: SessionState): boolean =>
  one.signature.conditions.every((condition) => {
    const held = one.held.get(condition.id);
    const recently = held !== undefined && ticks - held.lastTick <= one.signature.togetherTicks;
    if (condition.need === 'forbidden') return !recently;
    if (condition.need === 'optional' || !isMeasured(state, condition.measure)) return true;
    return recently && inOrder(one, condition, held);
  });

const inOrder = (one: Case, { order }: Condition, held: Held): boolean => {
  if (order === undefined) return true;
  const before = one.held.get(order.after);
  if (before === undefined) return false;
  const lag = held.sinceTick - before.sinceTick;
  return lag >= -order.earliestTicks && lag <= order.latestTicks;
};

const collectVictims = ({ signature, suspect, victims }: Case, { processes }: Readings): void => {
  if (signature.victims === null) return;
  for (const [entity, rates] of processes) {
    const rate = rates.get(signature.victims.metric) ?? 0;
    if (entity === suspect || rate < signature.victims.least) continue;
    victims.set(entity, (victims.get(entity) ?? 0) + rate);
    if (victims.size > 2 * MAX_VICTIMS) victims.delete(leastOf(victims));
  }
};

const leastOf = (victims: ReadonlyMap<Entity, number>): Entity =>
  [...victims].reduce((least, one) => (one[1] < least[1] ? one : least))[0];

/** What was named so far, the most severe first. Of suspects of the same thing at the same time only the largest. */
export const findingsOf = (cases: Cases, state: SessionState): Finding[] => {
  const byWeight = [...cases.named].sort((a, b) => b.weight - a.weight);
  const kept: Case[] = [];
  for (const one of byWeight) {
    const rival = kept.find((other) => other.signature.id === one.signature.id && overlap(other, one));
    // Half as much beside it is one of its own kind; little beside much is a bystander, or a victim.
    if (rival === undefined || one.weight > rival.weight / 2) kept.push(one);
  }
  return kept
    .map((one) => describeCase(one, state))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.startUs - b.startUs);
};

const SEVERITIES: readonly Finding['severity'][] = ['critical', 'high', 'medium'];

const overlap = (a: Case, b: Case): boolean => a.startUs <= b.endUs && b.startUs <= a.endUs;
