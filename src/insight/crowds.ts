/**
 * What many processes begin at once is one event: load rose, something was deployed or restarted, the machine was held up.
 * Each of them then coincides with each other, as often as it happens, and none of that says that two belong together. So a
 * crowd is reported once, and what lies within it is no evidence for a pair (correlate.ts). The host's series count as one of
 * them: they show what the processes do.
 */
import { CROWD } from './params.ts';
import type { Spike } from './series.ts';

export type Crowd = {
  /** In order of their ticks, at most `CROWD.windowTicks` apart from one to the next. */
  readonly spikes: readonly Spike[];
  /** Processes that have a part in it; the host counts as one. */
  readonly owners: number;
};

/** `spikes` in order of their ticks, of a session of so many ticks. */
export const crowdsOf = (spikes: readonly Spike[], ticks: number): readonly Crowd[] => {
  const least = leastOwners(spikes.length, ticks);
  const ranges: { from: number; end: number }[] = [];
  for (const { from, end } of windowsOf(spikes)) {
    if (ownersOf(spikes.slice(from, end)) < least) continue;
    const last = ranges.at(-1);
    if (last !== undefined && from < last.end) last.end = end;
    else ranges.push({ from, end });
  }
  return ranges.map(({ from, end }) => crowdOf(spikes.slice(from, end)));
};

/** From so many on it is no chance, however busy the session is. */
const leastOwners = (spikes: number, ticks: number): number => {
  const expected = (spikes * (CROWD.windowTicks + 1)) / Math.max(1, ticks);
  return Math.max(CROWD.leastOwners, expected + CROWD.deviations * Math.sqrt(expected));
};

type Range = { readonly from: number; readonly end: number };

/** Those that begin within a window, for each tick in which something begins. */
function* windowsOf(spikes: readonly Spike[]): Generator<Range> {
  let end = 0;
  for (let from = 0; from < spikes.length; from += 1) {
    const { tick } = spikes[from] as Spike;
    if (from > 0 && (spikes[from - 1] as Spike).tick === tick) continue;
    while (end < spikes.length && (spikes[end] as Spike).tick <= tick + CROWD.windowTicks) end += 1;
    if (end - from >= CROWD.leastOwners) yield { from, end };
  }
}

const crowdOf = (spikes: readonly Spike[]): Crowd => ({ spikes, owners: ownersOf(spikes) });

/** A process is PID and start time. */
const ownersOf = (spikes: readonly Spike[]): number =>
  new Set(spikes.map(({ identity: { pid, startMs } }) => (pid === null ? 'host' : `${pid} ${startMs}`))).size;

/** Whether both spikes are in one crowd. */
export type Crowded = (a: Spike, b: Spike) => boolean;

export const crowdedIn = (crowds: readonly Crowd[]): Crowded => {
  const crowdOfSpike = new Map(
    crowds.flatMap((crowd) => crowd.spikes.map((spike) => [spike, crowd] as const)),
  );
  return (a, b) => {
    const crowd = crowdOfSpike.get(a);
    return crowd !== undefined && crowd === crowdOfSpike.get(b);
  };
};
