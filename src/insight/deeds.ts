/** Ticks in which so much was done that it may matter, and who did most of it; and those in which somebody waited. */
import type { DeedSum, Insight } from './detector-state.ts';
import { DEEDS, MAX_DEEDS, PRESSURE } from './params.ts';
import type { SeriesIdentity } from './series.ts';

/** Of the values of this tick. */
export const sumDeeds = (insight: Insight): void => {
  const { slots, values, ticks, deedSums, deedRows, deeds } = insight;
  for (const row of deedRows) {
    const slot = slots[row];
    const value = values[row] as number;
    if (slot === null || slot === undefined || slot.deed === null || Number.isNaN(value)) continue;
    const amount = slot.gauge === null ? value : value - slot.before;
    slot.before = value;
    if (amount > 0) addDeed(slot.deed, amount, slot.identity, ticks);
  }
  for (const deed of deedSums.values()) {
    const { metric, least, tick: at, by, most } = deed;
    const wasDone = at === ticks;
    const ofAll = Math.max(wasDone ? deed.sum : 0, wholeOf(insight, deed));
    if (ofAll < least) continue;
    deeds.push({ tick: ticks, metric, by: wasDone ? by : null, amount: wasDone ? most : 0, ofAll });
  }
  forgetOldest(deeds);
};

/** What a process did in the tick that comes, of a metric that is not watched for anything else. */
export const noteUse = (insight: Insight, by: SeriesIdentity, amount: number): void => {
  const deed = deedOf(insight, by.metric);
  if (deed !== null && amount > 0) addDeed(deed, amount, by, insight.ticks);
};

export const noteWaits = ({ ticks, values, hostRows, waits }: Insight): void => {
  for (const metric of Object.keys(PRESSURE)) {
    const waitUs = values[hostRows.get(metric) ?? -1] ?? Number.NaN;
    if (waitUs > 0) waits.push({ tick: ticks, metric, waitUs });
  }
  forgetOldest(waits);
};

const forgetOldest = (moments: unknown[]): void => {
  if (moments.length > MAX_DEEDS) moments.splice(0, moments.length - MAX_DEEDS / 2);
};

/** What the machine counted of it in this tick; 0 where it counts no such thing. */
const wholeOf = ({ hostRows, values }: Insight, { whole }: DeedSum): number => {
  const row = whole === null ? undefined : hostRows.get(whole.metric);
  const value = row === undefined ? 0 : (values[row] ?? 0);
  return Number.isNaN(value) ? 0 : value * (whole?.each ?? 0);
};

const addDeed = (deed: DeedSum, amount: number, by: SeriesIdentity, tick: number): void => {
  const first = deed.tick !== tick;
  deed.tick = tick;
  deed.sum = first ? amount : deed.sum + amount;
  if (!first && amount <= deed.most) return;
  deed.most = amount;
  deed.by = by;
};

/** What a series of this metric is a part of. */
export const deedOf = ({ deedSums }: Insight, metric: string): DeedSum | null => {
  const known = deedSums.get(metric);
  const deed = DEEDS[metric];
  if (known !== undefined || deed === undefined) return known ?? null;
  const { least, whole = null } = deed;
  const fresh = { metric, least, whole, tick: -1, sum: 0, most: 0, by: null };
  deedSums.set(metric, fresh);
  return fresh;
};
