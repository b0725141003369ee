/**
 * A counter that always moved and stops: work that hangs shows as absence. Of a series that did something in nearly every tick,
 * a silence is news when it is several times as long as its longest so far. Who ends is not read any more, and is no silence;
 * where less is better (waits, faults) nothing is said.
 */
import { maySuspect } from './culprit.ts';
import type { Insight, Slot, Steadiness } from './detector-state.ts';
import { FELT } from './mechanisms.ts';
import { MAX_SHIFTS, SILENCE } from './params.ts';
import { signOf } from './routes.ts';
import type { SeriesIdentity, Silence, Spike } from './series.ts';

/** null of what is better the less there is. */
export const createSteadiness = (identity: SeriesIdentity): Steadiness | null => {
  const sign = signOf(identity.metric);
  if (identity.kind !== 'counter' || identity.kernel === true || !maySuspect(identity)) return null;
  if (sign !== null && FELT.has(sign)) return null;
  return { activeTicks: 0, seenTicks: 0, longestTicks: 0, quietTicks: 0, sinceUs: 0, silence: null };
};

/** One more tick that was read. */
export const followSilence = (insight: Insight, { steady, number, identity }: Slot, value: number): void => {
  if (steady === null) return;
  if (value > 0) {
    steady.seenTicks += steady.quietTicks + 1;
    steady.activeTicks += 1;
    steady.longestTicks = Math.max(steady.longestTicks, steady.quietTicks);
    steady.quietTicks = 0;
    steady.silence = null;
    return;
  }
  const { ticks, bootUs } = insight;
  if (steady.quietTicks === 0) steady.sinceUs = bootUs;
  steady.quietTicks += 1;
  if (steady.silence !== null) Object.assign(steady.silence, { endTick: ticks, endUs: bootUs });
  else if (isTooLong(steady)) {
    steady.silence = {
      ...{ series: number, identity, tick: ticks - steady.quietTicks + 1, startUs: steady.sinceUs },
      ...{ seenTick: ticks, endTick: ticks, endUs: bootUs, longestTicks: steady.longestTicks },
    };
    insight.silences.push(steady.silence);
    if (insight.silences.length > MAX_SHIFTS) insight.silences.splice(0, MAX_SHIFTS / 2);
  }
};

const isTooLong = ({ activeTicks, seenTicks, longestTicks, quietTicks }: Steadiness): boolean =>
  quietTicks >= Math.max(SILENCE.leastTicks, SILENCE.timesLongest * longestTicks) &&
  seenTicks >= SILENCE.leastSeenTicks &&
  activeTicks >= SILENCE.leastShare * seenTicks;

/** As spikes, the first of each process: who stops, stops with all it does. */
export const silentSpikes = ({ silences, ticks }: Insight): Spike[] => {
  const first = new Map<string, Silence>();
  for (const one of silences) {
    if (one.seenTick >= ticks) continue;
    const who = `${ownerOf(one)} ${Math.floor(one.tick / SILENCE.togetherTicks)}`;
    if (!first.has(who)) first.set(who, one);
  }
  return [...first.values()].map(({ longestTicks: _, ...one }) => ({
    ...one,
    peak: 0,
    peakUs: one.startUs,
    fell: true,
    silent: true,
    score: SILENCE.score,
    shift: false,
    learning: false,
  }));
};

const ownerOf = ({ identity: { pid, startMs, metric } }: Silence): string =>
  pid === null ? metric : `${pid} ${startMs}`;
