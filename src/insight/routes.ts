/**
 * Whether one series can drive another, by what is known of Linux (mechanisms.ts) and of the machine: whose they are, which
 * disks these use, which control group holds them. The shortest way through the table that passes from the one process to the
 * other somewhere and may take as long as it did. It says what is possible, never that it was so.
 */
import { FELT, MECHANISMS, type Mechanism, SIGNS, type Sign } from './mechanisms.ts';
import type { SeriesIdentity } from './series.ts';

/** Where a process stands. What is null is not known. */
export type Origin = {
  readonly pid: number | null;
  readonly ppid: number | null;
  readonly cgroup: string | null;
  /** Names of the block devices that it was seen to use. */
  readonly devices: ReadonlySet<string> | null;
};

export type OriginOf = (identity: SeriesIdentity) => Origin;

/**
 * What is known of one series as the driver of another: it `drives` it, by these signs; it is `driven` by it, more directly than
 * the other way; it is the `same`, counted elsewhere; there is `none`; or one of them is a sign of nothing known.
 */
export type Bearing = {
  readonly kind: 'drives' | 'driven' | 'same' | 'none' | 'unknown';
  readonly route: readonly Sign[];
  /** How long that may take. */
  readonly mostTicks: number;
  /** Parent, child or sibling. */
  readonly kin: boolean;
};

/** Whose the series are, and how long a tick is. */
export type Machine = { readonly originOf: OriginOf; readonly intervalMs: number };

export const bearingOf = (
  {
    from,
    to,
    lagTicks,
  }: { readonly from: SeriesIdentity; readonly to: SeriesIdentity; readonly lagTicks: number },
  { originOf, intervalMs }: Machine,
): Bearing => {
  const [begin, end] = [signOf(from.metric), signOf(to.metric)];
  const [driver, driven] = [placeOf(from, originOf), placeOf(to, originOf)];
  const kin = areKin(driver, driven);
  const nothing = (kind: Bearing['kind']): Bearing => ({ kind, route: [], mostTicks: 0, kin });
  if (begin === null || end === null) return nothing('unknown');
  const isOne = driver.pid === driven.pid || driver.pid === null || driven.pid === null;
  const crossing = { isOne, sharesDevice: shareDevice(driver, driven) };
  if (begin === end && isOne && crossing.sharesDevice) return nothing('same');
  if (FELT.has(begin)) return nothing('driven');
  if ((isOfGroup(from.metric) || isOfGroup(to.metric)) && !inOneGroup(driver, driven)) return nothing('none');
  // In the order of what is soonest; the shortest of them says it best.
  const there = routesBetween(begin, end, crossing).filter(
    (one) => ticksOf(one, intervalMs) >= lagTicks - ONSET_TICKS,
  );
  const back = lagTicks > ONSET_TICKS ? [] : routesBetween(end, begin, crossing);
  const [soonestOne] = there;
  const route = shortestOf(there);
  if (soonestOne === undefined || route === undefined) return nothing(back.length === 0 ? 'none' : 'driven');
  if ((shortestOf(back)?.length ?? Number.POSITIVE_INFINITY) < route.length) return nothing('driven');
  return { kind: 'drives', route, mostTicks: ticksOf(soonestOne, intervalMs), kin };
};

const shortestOf = (ways: readonly Route[]): readonly Sign[] | undefined =>
  ways.reduce<readonly Sign[] | undefined>(
    (least, { signs: way }) => (least === undefined || way.length < least.length ? way : least),
    undefined,
  );

/** Ticks within which the one can drive the other at the soonest; infinite where it cannot. */
export const soonest = (from: SeriesIdentity, to: SeriesIdentity, machine: Machine): number => {
  const { kind, mostTicks } = bearingOf({ from, to, lagTicks: ONSET_TICKS + 1 }, machine);
  return kind === 'drives' ? mostTicks : Number.POSITIVE_INFINITY;
};

const ticksOf = ({ seconds }: Route, intervalMs: number): number =>
  Math.max(1, Math.ceil((seconds * 1000) / intervalMs));

/** When something began is known to a tick. */
const ONSET_TICKS = 1;

const signs = new Map<string, Sign | null>();

export const signOf = (metric: string): Sign | null => {
  const known = signs.get(metric);
  if (known !== undefined) return known;
  const sign = SIGNS.find(([pattern]) => pattern.test(metric))?.[1] ?? null;
  signs.set(metric, sign);
  return sign;
};

/** Reclaim for a limit is in the group that has it. */
const isOfGroup = (metric: string): boolean => OF_GROUP.test(metric);
const OF_GROUP = /^kswapd\.(?:memcg|softlimit)_/;

const OF_DISK = /^disk\.(.+)\.\w+$/;

/** A signal of one disk is of that disk. */
const placeOf = (identity: SeriesIdentity, originOf: OriginOf): Origin => {
  if (identity.pid !== null) return originOf(identity);
  const disk = OF_DISK.exec(identity.metric)?.[1];
  return { pid: null, ppid: null, cgroup: null, devices: disk === undefined ? null : new Set([disk]) };
};

const shareDevice = ({ devices: one }: Origin, { devices: other }: Origin): boolean =>
  one === null || other === null || [...one].some((name) => other.has(name));

const inOneGroup = ({ cgroup: one }: Origin, { cgroup: other }: Origin): boolean =>
  one === null || other === null || one === other;

const INIT = 1;

/** Parent and child, or children of one parent. */
const areKin = (one: Origin, other: Origin): boolean =>
  one.pid !== null &&
  other.pid !== null &&
  (one.pid === other.pid ||
    one.ppid === other.pid ||
    other.ppid === one.pid ||
    (one.ppid !== null && one.ppid > INIT && one.ppid === other.ppid));

type Crossing = {
  /** One process, or one of them is the machine, which is the sum of all. */
  readonly isOne: boolean;
  readonly sharesDevice: boolean;
};

type Route = { readonly signs: readonly Sign[]; readonly seconds: number };

/** More steps explain anything. */
const MOST_SIGNS = 6;

const routes = new Map<string, readonly Route[]>();

/** What is soonest first, of equals the shortest. */
const routesBetween = (from: Sign, to: Sign, crossing: Crossing): readonly Route[] => {
  const key = `${from}>${to}>${crossing.isOne}>${crossing.sharesDevice}`;
  const known = routes.get(key);
  if (known !== undefined) return known;
  const found = search(from, to, crossing);
  routes.set(key, found);
  return found;
};

type Step = Route & { readonly crossed: boolean };

const search = (from: Sign, to: Sign, { isOne, sharesDevice }: Crossing): Route[] => {
  const found: Route[] = [];
  const queue: Step[] = [{ signs: [from], seconds: 0, crossed: isOne }];
  for (const { signs, seconds, crossed } of queue) {
    if (signs.length > 1 && signs.at(-1) === to) {
      if (crossed) found.push({ signs, seconds });
      continue;
    }
    if (signs.length === MOST_SIGNS) continue;
    for (const { to: next, reach, withinS } of MECHANISMS.filter(canPass(signs.at(-1), sharesDevice))) {
      // Round a circle nothing is explained; from a process to another of the same sign it may be.
      if (signs.includes(next) && !(next === to && next === from)) continue;
      queue.push({
        signs: [...signs, next],
        seconds: seconds + withinS,
        crossed: crossed || reach !== 'process',
      });
    }
  }
  return found.sort((x, y) => x.seconds - y.seconds || x.signs.length - y.signs.length);
};

const canPass =
  (at: Sign | undefined, sharesDevice: boolean) =>
  ({ from, reach }: Mechanism): boolean =>
    from === at && (reach !== 'device' || sharesDevice);
