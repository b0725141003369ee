/**
 * Holds every signature against every process that its anchor singles out, tick by tick. A case is opened when the
 * anchor rises; it becomes a finding when all that is required has held together, in the order that is required, for
 * long enough, and nothing that is forbidden has. What a session does not measure is left out and said to be missing.
 */
import { isIn } from '../../core/cgroup.ts';
import type { SessionState } from '../../core/state.ts';
import type { Case, Cases } from './cases.ts';
import { type Cause, causesOf } from './causes.ts';
import { hasLasted, isBeyondDoubt, isComplete } from './completeness.ts';
import { boundsFor, boundsOf, hold, insteadOf, measureOf, unknownTo } from './conditions.ts';
import { describeCause } from './describe.ts';
import type { Finding } from './finding.ts';
import { SIGNATURES } from './index.ts';
import { keyOf, ofPlace } from './place.ts';
import { OF_PROGRAMS } from './programs.ts';
import type { Readings } from './reading-state.ts';
import { countedMetric, isMeasured, ofCgroup, ofHost, read } from './readings.ts';
import type { Condition, Signature } from './signature.ts';
import { addStretch, addTick, clearStretch, createStretch, type Subject } from './stretch.ts';
import { collectDoers, collectVictims, limitOf } from './victims.ts';

const MAX_NAMED = 200;
const MAX_OPEN = 1_000;
/** What was counted so shortly before all of it held belongs to it. */
const LEAD_IN_TICKS = 5;
/** Once in three years: who is named in a log is named once. */
const LEAST_NAMED = 1e-8;
/** A case in which nothing has held for so long is closed. */
const CLOSED_AFTER_TICKS = 60;

/** What the measures of wait channels are made of. */
const OF_CHANNELS = ['blocked.ns', 'blocked.io_ns'];

const WATCHED: ReadonlySet<string> = new Set(
  SIGNATURES.flatMap(({ anchor, victims, conditions, cgroups, logged, places }) => [
    anchor.metric,
    ...(logged === undefined ? [] : [logged.victims]),
    ...(cgroups === undefined ? [] : cgroups.doers),
    ...(places?.queuedBy === undefined ? [] : [places.queuedBy]),
    ...(victims === null ? [] : [victims.metric, ...(victims.each === undefined ? [] : [victims.each.per])]),
    ...conditions.flatMap(({ measure, each }) => [
      countedMetric(measure.metric),
      ...(measure.kind === 'ratio' ? [measure.per] : []),
      ...(each === undefined ? [] : [each.per]),
    ]),
  ]).concat(OF_CHANNELS, OF_PROGRAMS),
);

/** Signatures as they are where no process is counted. */
const HOST_ALONE: ReadonlyMap<Signature, Signature> = new Map(
  SIGNATURES.flatMap((signature) =>
    signature.hostAlone === undefined
      ? []
      : [[signature, { ...signature, conditions: signature.hostAlone, victims: null }]],
  ),
);

/** Signatures as they are where only the kernel's log was kept. */
const LOGGED: ReadonlyMap<Signature, Signature> = new Map(
  SIGNATURES.flatMap((signature) => {
    if (signature.logged === undefined) return [];
    const { titles, conditions, victims } = signature.logged;
    const { isOfVictim: _, ...rest } = signature;
    const own = { titles, conditions, victims: { metric: victims, least: LEAST_NAMED } };
    return [[signature, { ...rest, ...own, togetherTicks: 1, lastsTicks: 1 }]];
  }),
);

const NO_RATES: ReadonlyMap<string, number> = new Map();

/** To be called after every sample was folded. */
export const matchSignatures = (cases: Cases, readings: Readings, state: SessionState): void => {
  read(readings, state, WATCHED);
  const now = { tick: readings.ticks, bootUs: state.bootUs };
  for (const one of cases.open.values()) addTick(one.pending, one, readings);
  for (const one of SIGNATURES) {
    const attended =
      one.places !== undefined || isMeasured(state, { kind: 'rate', metric: one.anchor.metric });
    const signature = attended ? one : unattended(one, state);
    if (signature === undefined) continue;
    for (const condition of signature.conditions) {
      if (condition.scope !== 'host') continue;
      const value = ofHost(readings, state, condition.measure);
      const bounds = boundsOf(condition, state);
      hold(cases.host, hostKey(signature, condition), { signature, condition, bounds, value }, now);
    }
    if (!attended) {
      // What a log reports is of its moment.
      if (signature === LOGGED.get(one) && !isReportedNow(cases, signature, readings)) continue;
      if (saysEnough(signature, state))
        advance(cases, { signature, ...HOST, rates: NO_RATES, rate: 0 }, readings, state);
      continue;
    }
    for (const suspicion of suspicionsOf(signature, readings))
      if (!isOver(suspicion, readings)) advance(cases, suspicion, readings, state);
  }
  for (const [key, one] of cases.open) {
    // What was counted long before it held, or long after, is none of it.
    if (one.pending.ticks > (one.stretch.ticks === 0 ? LEAD_IN_TICKS : one.signature.togetherTicks))
      forget(one, state);
    // A place at which nobody waits is none: what comes next time begins anew.
    if (one.place !== null && readings.ticks - one.lastTick > one.signature.togetherTicks) one.lasted = 0;
    if (readings.ticks - one.lastTick > CLOSED_AFTER_TICKS || isOver(one, readings)) cases.open.delete(key);
  }
  closeSurplus(cases, readings);
};

/** Where thousands of processes a second do something once: those go of whom nothing has held, the quiet ones first. */
const closeSurplus = ({ open }: Cases, { ticks }: Readings): void => {
  if (open.size <= MAX_OPEN) return;
  for (const isQuiet of [true, false])
    for (const [key, one] of [...open].reverse()) {
      if (open.size <= MAX_OPEN) return;
      if (one.lasted === 0 && !one.named && one.lastTick < ticks === isQuiet) open.delete(key);
    }
};

/** Nothing more can come of who has ended, and did nothing in this tick: thousands a second may. */
const isOver = ({ suspect }: Subject, { now }: Readings): boolean =>
  suspect !== null && suspect.endedBootUs !== null && !now.processes.has(suspect);

const unattended = (signature: Signature, state: SessionState): Signature | undefined => {
  const logged = LOGGED.get(signature);
  const isLogged = logged?.conditions.some(
    ({ need, measure }) => need === 'required' && isMeasured(state, measure),
  );
  return isLogged === true ? logged : HOST_ALONE.get(signature);
};

const isReportedNow = (cases: Cases, signature: Signature, { ticks }: Readings): boolean =>
  signature.conditions.some(
    (condition) =>
      condition.need === 'required' && cases.host.get(hostKey(signature, condition))?.lastTick === ticks,
  );

/** Those who do as much as the anchor asks for: of hundreds of processes few, and for most signatures nobody. */
const suspicionsOf = (signature: Signature, readings: Readings): readonly Suspicion[] => {
  const { metric, least } = signature.anchor;
  const measure = { kind: 'rate', metric } as const;
  const suspicions: Suspicion[] = [];
  if (signature.places !== undefined) {
    for (const { place, rates } of readings.places.values()) {
      if (place.kind !== signature.places.kind || signature.places.except?.includes(place.name)) continue;
      const rate = ofPlace(rates, measure);
      if (rate >= least) suspicions.push({ signature, ...HOST, place, rates, rate });
    }
  } else if (signature.cgroups === undefined)
    // Of all processes, for each signature: few are what it looks for.
    readings.processes.forEach((rates, suspect) => {
      const rate = rates.get(metric) ?? 0;
      if (rate >= least) suspicions.push({ signature, ...HOST, suspect, rates, rate });
    });
  else
    for (const [cgroup, rates] of readings.cgroups) {
      const rate = ofCgroup(rates, cgroup, measure);
      if (rate >= least) suspicions.push({ signature, ...HOST, cgroup, rates, rate });
    }
  return suspicions;
};

const HOST: Subject = { suspect: null, cgroup: null, place: null };

/** Who may be the cause, or nobody of the processes, with what is measured of it. */
type Suspicion = Subject & {
  readonly signature: Signature;
  readonly rates: ReadonlyMap<string, number>;
  /** Of the metric that it is recognised by. */
  readonly rate: number;
};

const advance = (cases: Cases, suspicion: Suspicion, readings: Readings, state: SessionState): void => {
  const { signature, rates, rate } = suspicion;
  const key = `${signature.id} ${subjectOf(suspicion)}`;
  const one = cases.open.get(key) ?? begin(suspicion, readings, state);
  cases.open.set(key, one);
  one.lastTick = readings.ticks;
  one.unknown = unknownTo(one, state);
  const instead = insteadOf(one, rates);
  for (const condition of signature.conditions) {
    if (condition.scope === 'host') {
      const held = cases.host.get(hostKey(signature, condition));
      // A copy: another case, later, may see more.
      if (held !== undefined) one.held.set(condition.id, { ...held });
      continue;
    }
    const value = measureOf(one, condition, rates, readings);
    const bounds = boundsFor(condition, instead, state);
    const now = { tick: readings.ticks, bootUs: state.bootUs };
    hold(one.held, condition.id, { signature, condition, bounds, value }, now);
  }
  if (!isComplete(one, readings)) {
    one.lasted = 0;
    return;
  }
  if (!isActive(one, readings)) return;
  if (one.stretch.ticks === 0) one.startUs = one.pendingSinceUs;
  addStretch(one.stretch, one.pending);
  forget(one, state);
  one.lasted += 1;
  one.weight += rate;
  one.endUs = state.bootUs;
  if (signature.isOfVictim === true) one.limit ??= limitOf(one, readings);
  collectVictims(one, readings);
  collectDoers(one, readings, state);
  if (one.named || !(hasLasted(one, state) || isBeyondDoubt(one))) return;
  one.named = true;
  cases.named.push(one);
  if (cases.named.length > MAX_NAMED) cases.named.shift();
};

const subjectOf = ({ suspect, cgroup, place }: Subject): string => {
  if (place !== null) return keyOf(place);
  return cgroup === null ? (suspect?.id ?? 'host') : `cgroup ${cgroup.id}`;
};

/** Where nobody is accused, at most one of several measures may be missing. */
const saysEnough = ({ conditions }: Signature, state: SessionState): boolean => {
  const required = conditions.filter(({ need }) => need === 'required');
  const missing = required.filter(({ measure }) => !isMeasured(state, measure)).length;
  return missing <= 1 && missing < required.length;
};

/** Rates are smoothed, and fade: only ticks in which the suspect really did something count. */
const isActive = (
  { suspect, cgroup, place, signature: { anchor, conditions } }: Case,
  { now, places }: Readings,
): boolean => {
  if (place !== null) return (places.get(keyOf(place))?.now.get(anchor.metric) ?? 0) > 0;
  if (cgroup !== null) {
    const measure = { kind: 'rate', metric: anchor.metric } as const;
    return ofCgroup(now.cgroups.get(cgroup) ?? NO_RATES, cgroup, measure) > 0;
  }
  if (suspect === null) return true;
  const counted = now.processes.get(suspect);
  return (
    counted !== undefined &&
    conditions.some(({ scope, measure }) => scope === 'suspect' && counted.has(countedMetric(measure.metric)))
  );
};

const begin = (
  { signature, suspect, cgroup, place }: Suspicion,
  readings: Readings,
  { bootUs }: SessionState,
): Case => {
  const pending = createStretch();
  addTick(pending, { suspect, cgroup, place }, readings);
  return {
    signature,
    suspect,
    cgroup,
    place,
    limit: null,
    doers: new Map(),
    held: new Map(),
    stretch: createStretch(),
    pending,
    pendingSinceUs: bootUs - readings.now.us,
    unknown: [],
    lasted: 0,
    weight: 0,
    lastTick: 0,
    startUs: bootUs,
    endUs: bootUs,
    named: false,
    victims: new Map(),
  };
};

const forget = (one: Case, { bootUs }: SessionState): void => {
  clearStretch(one.pending);
  one.pendingSinceUs = bootUs;
};

const hostKey = (signature: Signature, condition: Condition): string => `${signature.id} ${condition.id}`;

/** What was named so far, one finding per cause, the most severe first. */
export const findingsOf = (cases: Cases, state: SessionState): Finding[] => {
  const causes = causesOf(cases, state);
  return causes
    .filter((cause) => !isExplained(cause, causes))
    .map((cause) => describeCause(cause, state))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.startUs - b.startUs);
};

/** A storm that takes a CPU is one failure, not two. */
const isExplained = (explained: Cause, causes: readonly Cause[]): boolean =>
  explained.lead.signature.isGeneral === true &&
  causes.some(
    ({ lead: other, cgroup, ...cause }) =>
      other.signature.isGeneral !== true &&
      cause.startUs <= explained.endUs &&
      cause.endUs >= explained.startUs &&
      areOfTheSame(cause, explained) &&
      // A limit of a control group explains what those in it suffer, and nothing else.
      (cgroup === null || explained.victims.every((victim) => isIn(victim, cgroup.path))),
  );

type Parties = Pick<Cause, 'suspects' | 'victims'>;

/** Where nobody is accused, of those who suffer. */
const areOfTheSame = (cause: Parties, { suspects, victims }: Parties): boolean =>
  suspects.length > 0
    ? cause.suspects.some((one) => suspects.includes(one))
    : [...cause.suspects, ...cause.victims].some((one) => victims.includes(one));

const SEVERITIES: readonly Finding['severity'][] = ['critical', 'high', 'medium'];
