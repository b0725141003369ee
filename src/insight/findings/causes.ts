/**
 * Cases of one cause, reported as one finding: several processes that do the same thing at the same time are several
 * suspects of it. Little beside much is a bystander or a victim, unless it is one of the same kind.
 */
import { type Cgroup, isWithin } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import type { SessionState } from '../../core/state.ts';
import { isKernelThread, isOwn } from '../../core/who.ts';
import type { Case, Cases } from './cases.ts';
import { isStacked, type Place } from './place.ts';
import { programOf } from './program-of.ts';
import { addAll, createStretch, type Stretch } from './stretch.ts';

export type Cause = {
  /** The one with most of it: what is reported of the host, of others, and what could not be measured is of its time. */
  readonly lead: Case;
  readonly members: readonly Case[];
  /** The control group that it is about, where it is. */
  readonly cgroup: Cgroup | null;
  /** Who can be accused, those with most first; kernel threads work for others. */
  readonly suspects: readonly Entity[];
  readonly victims: readonly Entity[];
  /** What all members counted, over the time they were at it. */
  readonly stretch: Stretch;
  readonly startUs: number;
  readonly endUs: number;
};

type Group = { readonly members: Case[]; endUs: number };

export const causesOf = ({ named }: Cases, state: SessionState): Cause[] => {
  // Who watches may have been known as such only later.
  const cases = named.filter(({ suspect }) => suspect === null || !isOwn(suspect, state));
  const groups: Group[] = [];
  for (const one of cases.filter(({ suspect }) => suspect !== null).sort((a, b) => b.weight - a.weight)) {
    const rivals = groups.find(({ members }) => members.some((other) => areRivals(other, one)));
    if (rivals === undefined) groups.push({ members: [one], endUs: one.endUs });
    else if (belongs(one, rivals.members)) {
      rivals.members.push(one);
      rivals.endUs = Math.max(rivals.endUs, one.endUs);
    }
  }
  for (const one of cases.filter(
    ({ suspect, cgroup, place }) => suspect === null && cgroup === null && place === null,
  )) {
    const before = groups.find(({ members: [first], endUs }) => goesOn(first, endUs, one));
    if (before === undefined) groups.push({ members: [one], endUs: one.endUs });
    // Processes are not counted any more; the host's own signals say that it goes on.
    else before.endUs = Math.max(before.endUs, one.endUs);
  }
  return [
    ...groups.flatMap(({ members, endUs }) => causeOf(members, endUs, state)),
    ...cases
      .filter((one) => one.cgroup !== null && isInnermost(one, cases))
      .map((one) => ofCgroup(one, state)),
    ...cases
      .filter((one) => one.place !== null && isAtTheBottom(one, one.place, cases) && isNotUnclear(one, cases))
      .map((one) => ofPlace(one, state)),
  ];
};

/** What a limit does to a group above shows there as well: the one that was hit more is meant, of equals the one below. */
const isInnermost = (one: Case, cases: readonly Case[]): boolean =>
  !cases.some((other) => {
    if (other === one || other.cgroup === null || one.cgroup === null || !areRivals(one, other)) return false;
    if (other.cgroup.path === one.cgroup.path) return false;
    if (isWithin(other.cgroup.path, one.cgroup.path)) return other.weight >= one.weight;
    return isWithin(one.cgroup.path, other.cgroup.path) && other.weight > one.weight;
  });

const ofCgroup = (one: Case, state: SessionState): Cause => ofSubject(one, whoDidMost(one, state), state);

const LEAST_OF_GROUP = 0.5;

/** Of many that did as much as each other one is a bystander: a program that did half of it, or nobody. */
const whoDidMost = ({ doers }: Case, state: SessionState): Entity[] => {
  const programs = new Map<string, [Entity, number][]>();
  let all = 0;
  for (const [entity, amount] of doers) {
    all += amount;
    const name = programOf(entity);
    programs.set(name, [...(programs.get(name) ?? []), [entity, amount]]);
  }
  const most = [...programs.values()].find(
    (parts) => parts.reduce((sum, [, amount]) => sum + amount, 0) >= all * LEAST_OF_GROUP,
  );
  return most === undefined ? [] : whoMakesUp(new Map(most), state);
};

const ofSubject = (one: Case, suspects: readonly Entity[], state: SessionState): Cause => ({
  lead: one,
  members: [one],
  cgroup: one.cgroup,
  suspects,
  victims: mostFirst(one.victims, state).filter((entity) => !suspects.includes(entity)),
  stretch: one.stretch,
  startUs: one.startUs,
  endUs: one.endUs,
});

const mostFirst = (amounts: ReadonlyMap<Entity, number>, state: SessionState): Entity[] =>
  [...amounts]
    .filter(([entity]) => !isOwn(entity, state))
    .sort((a, b) => b[1] - a[1])
    .map(([entity]) => entity);

/** What stands on a slow disk is slow itself, and waits as much: the disk is meant. */
const isAtTheBottom = (one: Case, place: Place, cases: readonly Case[]): boolean =>
  !isStacked(place) ||
  !cases.some(
    (other) => other !== one && other.place !== null && areRivals(one, other) && !isStacked(other.place),
  );

/** Where a program stood out for most of the time, that nobody did for some moments of it says nothing. */
const isNotUnclear = (one: Case, cases: readonly Case[]): boolean =>
  one.place?.kind !== 'machine' ||
  !cases.some(
    (other) =>
      other.place?.kind === 'program' && areRivals(one, other) && other.stretch.us >= 2 * one.stretch.us,
  );

const ofPlace = (one: Case, state: SessionState): Cause => {
  if (one.place?.kind === 'program') return ofSubject(one, whoMakesUp(one.doers, state), state);
  const isAsked = one.signature.places?.queuedBy !== undefined;
  return ofSubject(one, isAsked ? whoFillsQueue(one, state) : [], state);
};

const LEAST_OF_QUEUE = 0.5;

/**
 * Who asked is counted over all devices, so a share of this one's queue has a bound only: of a device that has the share
 * `device` of all queues, who has the share `own` of all queues has at least (own + device − 1) / device of it. Queues
 * are the machine's own account: who is not counted, or not selected, has a part in them too.
 */
const whoFillsQueue = ({ doers, stretch }: Case, state: SessionState): Entity[] => {
  const allMs = stretch.own.get('device.all_queue_ms') ?? Number.NaN;
  const device = (stretch.own.get('device.queue_ms') ?? 0) / allMs;
  const [first, ...rest] = mostFirst(doers, state);
  if (first === undefined || isKernelThread(first)) return [];
  const suspects = [first, ...rest.filter((one) => areSiblings(first, one))].sort((a, b) => a.pid - b.pid);
  const own = suspects.reduce((sum, one) => sum + (doers.get(one) ?? 0), 0) / (allMs * 1e6);
  return (own + device - 1) / device >= LEAST_OF_QUEUE ? suspects : [];
};

/** Who did a good part of what its kind did: those that live first, for it is they who can be asked to stop. */
const LEAST_PART = 0.25;

const whoMakesUp = (doers: ReadonlyMap<Entity, number>, state: SessionState): Entity[] => {
  const [most = 0] = [...doers.values()].sort((a, b) => b - a);
  const parts = [...doers].filter(([entity, amount]) => !isOwn(entity, state) && amount >= most * LEAST_PART);
  const living = parts.filter(([{ endedBootUs }]) => endedBootUs === null);
  const ended = parts.filter((one) => !living.includes(one));
  return [...inOrderOf(living), ...inOrderOf(ended)];
};

const areRivals = (a: Case, b: Case): boolean =>
  a.signature.id === b.signature.id && a.startUs <= b.endUs && b.startUs <= a.endUs;

const CONTINUED_US = 60e6;

const goesOn = (first: Case | undefined, endUs: number, one: Case): boolean =>
  first?.signature.id === one.signature.id &&
  one.startUs <= endUs + CONTINUED_US &&
  one.endUs >= first.startUs;

/** Half as much beside it is one of its own kind, and so is a sibling of the same name. */
const belongs = (one: Case, members: readonly Case[]): boolean =>
  one.weight > (members[0]?.weight ?? 0) / 2 ||
  members.some(({ suspect }) => areSiblings(suspect, one.suspect));

const areSiblings = (a: Entity | null, b: Entity | null): boolean =>
  a !== null &&
  b !== null &&
  a.comm === b.comm &&
  ((a.ppid !== null && a.ppid > 1 && a.ppid === b.ppid) ||
    a.ppid === b.pid ||
    b.ppid === a.pid ||
    (a.cgroup !== null && a.cgroup !== '/' && a.cgroup === b.cgroup));

const causeOf = (members: readonly Case[], endUs: number, state: SessionState): Cause[] => {
  const [lead] = members;
  if (lead === undefined) return [];
  const all = inOrderOf(
    members.flatMap(({ suspect, weight }) => (suspect === null ? [] : [[suspect, weight]])),
  );
  const suspects = all.filter((entity) => !isKernelThread(entity));
  const hurt = new Map<Entity, number>();
  for (const { victims } of members)
    for (const [entity, amount] of victims) hurt.set(entity, (hurt.get(entity) ?? 0) + amount);
  const victims = [...hurt]
    .sort((a, b) => b[1] - a[1])
    .map(([entity]) => entity)
    .filter((entity) => !suspects.includes(entity) && !isOwn(entity, state));
  // A kernel thread that is hit is no suspect, and is reported all the same.
  if (suspects.length === 0) victims.unshift(...all);
  const startUs = Math.min(...members.map((one) => one.startUs));
  const stretch = sumOf(members, startUs, endUs);
  if (lead.signature.isOfVictim === true) {
    const cgroup = members.find(({ limit }) => limit !== null)?.limit ?? null;
    return [{ lead, members, cgroup, suspects: [], victims: all, stretch, startUs, endUs }];
  }
  return [{ lead, members, cgroup: null, suspects, victims, stretch, startUs, endUs }];
};

const ALIKE = 0.1;

/** Those with as much as the first stand by their PIDs: with each sample another would be first, and in the command to type. */
const inOrderOf = (doers: readonly (readonly [Entity, number])[]): Entity[] => {
  const byAmount = [...doers].sort((a, b) => b[1] - a[1]);
  const [[, most] = [null, 0]] = byAmount;
  const alike = byAmount.filter(([, amount]) => amount >= most * (1 - ALIKE)).map(([entity]) => entity);
  return [
    ...alike.sort((a, b) => a.pid - b.pid),
    ...byAmount.map(([entity]) => entity).filter((entity) => !alike.includes(entity)),
  ];
};

/** Sums of those who did it, over the time in which any of them did; all and the host over the time of the first. */
const sumOf = (members: readonly Case[], startUs: number, endUs: number): Stretch => {
  const [lead] = members;
  if (lead === undefined || members.length === 1) return lead?.stretch ?? createStretch();
  const times = members.map(({ stretch }) => stretch.us);
  const us = Math.max(
    ...times,
    Math.min(
      endUs - startUs,
      times.reduce((sum, time) => sum + time, 0),
    ),
  );
  const sum = createStretch();
  sum.us = us;
  for (const { stretch } of members) addAll(sum.own, stretch.own);
  const scale = us / lead.stretch.us;
  for (const [metric, value] of lead.stretch.all) sum.all.set(metric, value * scale);
  for (const [metric, value] of lead.stretch.host) sum.host.set(metric, value * scale);
  return sum;
};
