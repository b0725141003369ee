/**
 * Who waits, and for what: of each tick the few processes that waited most of each kind. A stall is felt by somebody else than
 * who makes it, and says so when it has no name.
 */
import type { Insight, Suffering } from './detector-state.ts';
import type { Incident } from './incidents.ts';
import { type Harm, MAX_DEEDS, SUFFERED } from './params.ts';
import type { SeriesIdentity } from './series.ts';

/** Over the ticks of an incident. */
export type Sufferer = {
  readonly identity: SeriesIdentity;
  /** Mean over the incident, in threads: 1 is one thread that waited all the time. */
  readonly threads: number;
};

/** Less, of a second, nobody notices. */
export const LEAST_SUFFERED_NS = 2e7;
/** Of a tick and a way to wait: who takes most often waits too, and the next is who is looked for. */
const KEPT_A_TICK = 3;
const MOST_SUFFERERS = 5;

/** What a process waited in the tick that comes. */
export const noteSuffering = ({ suffered, ticks }: Insight, by: SeriesIdentity, waitNs: number): void => {
  if (waitNs < LEAST_SUFFERED_NS || by.kernel === true) return;
  const known: Suffering[] = [];
  for (let at = suffered.length - 1; at >= 0; at -= 1) {
    const one = suffered[at] as Suffering;
    if (one.tick !== ticks) break;
    if (one.metric === by.metric) known.push(one);
  }
  const least = known.reduce<Suffering | null>(
    (least, one) => (least === null || one.waitNs < least.waitNs ? one : least),
    null,
  );
  if (known.length < KEPT_A_TICK) suffered.push({ tick: ticks, metric: by.metric, by, waitNs });
  else if (least !== null && waitNs > least.waitNs) Object.assign(least, { by, waitNs });
  if (suffered.length > MAX_DEEDS) suffered.splice(0, suffered.length - MAX_DEEDS / 2);
};

/** Those who waited most in the way that hurt, the most first. */
export const sufferersOf = (
  { startTick, endTick }: Pick<Incident, 'startTick' | 'endTick'>,
  harm: Harm,
  suffered: readonly Suffering[],
): Sufferer[] => {
  const sums = new Map<string, { readonly identity: SeriesIdentity; ns: number }>();
  for (const { tick, metric, by, waitNs } of suffered) {
    if (tick < startTick || tick > endTick) continue;
    if (SUFFERED[metric] !== harm) continue;
    const who = `${metric} ${by.pid} ${by.startMs}`;
    const sum = sums.get(who) ?? { identity: by, ns: 0 };
    sums.set(who, sum);
    sum.ns += waitNs;
  }
  const ns = 1e9 * (endTick - startTick + 1);
  return [...sums.values()]
    .sort((a, b) => b.ns - a.ns)
    .slice(0, MOST_SUFFERERS)
    .map(({ identity, ns: sum }) => ({ identity, threads: sum / ns }));
};
