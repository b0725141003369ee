/**
 * Who uses the CPUs: programs. Processes of one kind are one program, so that eight compilers are one doer and not eight
 * bystanders, and a script is what its short children use. At most one is looked at: the one that stands out, by using more
 * than all others together and clearly more than the next. Where none does, it is the CPUs that are looked at, and nobody is
 * accused.
 *
 * Of a program: `program.cpu_ms` (on a CPU, with what its children too short to be seen used), `program.used_ms` (by all,
 * ours apart), `program.next_ms` (by the program that uses most beside it) and `program.wait_ns` (ready to run: of the other
 * program of which a process waited most, that process, whichever it is at the time). Of the CPUs: `shared.used_ms`, `shared.most_ms` (by the program that uses most) and
 * `shared.wait_ns` (ready to run).
 */
import { isIn } from '../../core/cgroup.ts';
import type { Entity } from '../../core/entity.ts';
import { rateOf } from '../../core/rate.ts';
import type { SessionState } from '../../core/state.ts';
import { isKernelThread } from '../../core/who.ts';
import { keyOf, type Place } from './place.ts';
import { CHILDREN, CPU, KERNEL, programOf, usedBy } from './program-of.ts';
import { amountIn, type Readings } from './reading-state.ts';
import { smooth } from './smooth.ts';

const WAIT = 'proc.cpu_wait_ns';
const BUSY = 'cpu.busy_ms';
const PRESSURE = 'psi.cpu.some_us';
/** What programs are read from. */
export const OF_PROGRAMS = [CPU, CHILDREN, WAIT];

/** It uses so much of what all use, and so many times what the next does. */
export const STANDS_OUT = { ofAll: 0.5, ofNext: 1.5 } as const;
/** Of what all use; where nobody stands out, who has so much is one of few. */
const MUCH_OF_SHARED = 1 / 3;
/** Of the CPUs: with less in use nobody is looked for. */
const LEAST_BUSY = 0.75;
/** Less, in ms a second, is forgotten. */
const LEAST_MS = 1;
/** The same of waiting, in ns. */
const LEAST_NS = 1e6;
/** A quota that holds back its group for so long a second, in µs: then its processes do not wait for another. */
const THROTTLED_US = 5e4;

/** What stallscope itself takes is nobody's doing. */
const OURS = '';
const SHARED: Place = { kind: 'machine', name: 'CPUs' };

/** To be called when processes and the host have been read. */
export const readPrograms = (readings: Readings, state: SessionState): void => {
  const { places, hostRates, now } = readings;
  if (now.us === 0) return;
  for (const [key, { place }] of places)
    if (place.kind === 'program' || place.kind === 'machine') places.delete(key);
  if (!state.metrics.has(CPU)) return;
  const used = sumNow(readings);
  takeIn(readings, used, state);
  const waited = waitedNow(readings);
  takeWaits(readings, waited);
  const busyMs = hostRates.get(BUSY) ?? Number.NaN;
  if (!(busyMs >= LEAST_BUSY * state.header.host.cpus * 1000)) return;
  const ours = readings.programs.get(OURS) ?? 0;
  const usedMs = Math.max(LEAST_MS, busyMs - ours);
  const all = { perSecond: usedMs, counted: countedOf(readings, ours) };
  const [[name, mostMs] = ['', 0], [second, secondMs] = ['', 0]] = ranked(readings);
  const unseen = unseenMs(readings, usedMs, state);
  if (
    name !== KERNEL &&
    mostMs >= STANDS_OUT.ofAll * usedMs &&
    mostMs >= STANDS_OUT.ofNext * Math.max(secondMs, unseen)
  ) {
    set(readings, { kind: 'program', name }, used.get(name)?.pids ?? [], {
      'program.cpu_ms': { perSecond: mostMs, counted: used.get(name)?.ms ?? 0 },
      'program.used_ms': all,
      'program.next_ms':
        unseen > secondMs
          ? { perSecond: unseen, counted: amountIn(now, unseen) }
          : { perSecond: Math.max(LEAST_MS, secondMs), counted: used.get(second)?.ms ?? 0 },
      'program.wait_ns': mostWaited(readings, waited, name),
    });
  } else if (knowsAll(state))
    set(readings, SHARED, [], {
      'shared.used_ms': all,
      'shared.most_ms': { perSecond: mostMs, counted: used.get(name)?.ms ?? 0 },
      'shared.wait_ns': waitedOfShared(readings, waited, usedMs),
    });
};

/** Smoothed, and in this tick. */
type Amount = { readonly perSecond: number; readonly counted: number };

type Used = { ms: number; readonly pids: number[] };

const sumNow = ({ now }: Readings): ReadonlyMap<string, Used> => {
  const used = new Map<string, Used>();
  for (const [entity, counted] of now.processes) {
    const ms = usedBy(entity, counted);
    if (ms === 0) continue;
    const name = programOf(entity);
    const one = used.get(name) ?? { ms: 0, pids: [] };
    used.set(name, one);
    one.ms += ms;
    one.pids.push(entity.pid);
  }
  return used;
};

/** Of a program and not of each process: compilers that live for a second each are busy all the time. */
const takeIn = ({ programs, now }: Readings, used: ReadonlyMap<string, Used>, state: SessionState): void => {
  smooth(programs, OURS, ownMs(state));
  for (const name of used.keys()) if (!programs.has(name)) programs.set(name, 0);
  for (const [name, before] of programs) {
    if (name === OURS) continue;
    const ms = rateOf(used.get(name)?.ms ?? 0, now.us);
    if (ms < LEAST_MS && before < LEAST_MS) programs.delete(name);
    else smooth(programs, name, ms);
  }
};

/** Per second. What starting took came before. */
const ownMs = ({ self, previousSelf, previousSelfUs, bootUs }: SessionState): number => {
  if (previousSelf.cpuMs === 0) return 0;
  const grownMs = self.cpuMs + self.tracerCpuMs - previousSelf.cpuMs - previousSelf.tracerCpuMs;
  return Math.max(0, rateOf(grownMs, bootUs - previousSelfUs) || 0);
};

/** In use in this tick, ours apart. */
const countedOf = ({ now }: Readings, oursMs: number): number =>
  Math.max(LEAST_MS, (now.host.get(BUSY) ?? 0) - amountIn(now, oursMs));

const ranked = ({ programs }: Readings): [string, number][] =>
  [...programs].filter(([name]) => name !== OURS).sort((a, b) => b[1] - a[1]);

/** Where only some processes are looked at, the others may be one program. */
const unseenMs = (readings: Readings, usedMs: number, state: SessionState): number =>
  looksAtAll(state) ? 0 : usedMs - ranked(readings).reduce((sum, [, ms]) => sum + ms, 0);

const looksAtAll = ({ header: { selection } }: SessionState): boolean =>
  selection.pids.length === 0 && selection.comm === null && selection.command === null;

/** That nobody stands out is known only where everybody is. */
const knowsAll = (state: SessionState): boolean =>
  looksAtAll(state) && state.header.imported === undefined && state.metrics.has(PRESSURE);

/** Of each program the process that waited most in this tick, in ns; not those that their own quota holds back. */
const waitedNow = (readings: Readings): ReadonlyMap<string, number> => {
  const waited = new Map<string, number>();
  for (const [entity, counted] of readings.now.processes) {
    const ns = counted.get(WAIT) ?? 0;
    if (ns === 0 || !waitsForOthers(entity, OURS, readings)) continue;
    const name = programOf(entity);
    waited.set(name, Math.max(ns, waited.get(name) ?? 0));
  }
  return waited;
};

/** Of a program and not of each process: of compilers that live for a second each one waits all the time. */
const takeWaits = ({ waits, now }: Readings, waited: ReadonlyMap<string, number>): void => {
  for (const name of waited.keys()) if (!waits.has(name)) waits.set(name, 0);
  for (const [name, before] of waits) {
    const ns = rateOf(waited.get(name) ?? 0, now.us);
    if (ns < LEAST_NS && before < LEAST_NS) waits.delete(name);
    else smooth(waits, name, ns);
  }
};

/** Of those that are no part of the program. */
const mostWaited = ({ waits }: Readings, waited: ReadonlyMap<string, number>, name: string): Amount => {
  let most: Amount = { perSecond: 0, counted: 0 };
  for (const [other, perSecond] of waits)
    if (other !== name && perSecond > most.perSecond) most = { perSecond, counted: waited.get(other) ?? 0 };
  return most;
};

/**
 * Of those that share the CPUs: somebody who has little of them, or two programs of each other. One that has much and alone
 * waits for more, as what was niced does, takes what the others leave.
 */
const waitedOfShared = (
  { waits, programs }: Readings,
  waited: ReadonlyMap<string, number>,
  usedMs: number,
): Amount => {
  const sorted = [...waits].sort((a, b) => b[1] - a[1]);
  const most = sorted.find(([name], at) => at > 0 || (programs.get(name) ?? 0) < MUCH_OF_SHARED * usedMs);
  return most === undefined
    ? { perSecond: 0, counted: 0 }
    : { perSecond: most[1], counted: waited.get(most[0]) ?? 0 };
};

/** Whether it is others than itself, its kind and its quota that a process waits for. */
export const waitsForOthers = (entity: Entity, name: string, { cgroups }: Readings): boolean => {
  if (isKernelThread(entity) || programOf(entity) === name) return false;
  for (const [{ path }, rates] of cgroups)
    if ((rates.get('cgroup.throttled_us') ?? 0) >= THROTTLED_US && isIn(entity, path)) return false;
  return true;
};

const set = (
  { places }: Readings,
  place: Place,
  pids: readonly number[],
  measures: Readonly<Record<string, Amount>>,
): void => {
  const all = Object.entries(measures);
  places.set(keyOf(place), {
    place,
    rates: new Map(all.map(([metric, { perSecond }]) => [metric, perSecond])),
    now: new Map(all.map(([metric, { counted }]) => [metric, counted])),
    pids,
  });
};
