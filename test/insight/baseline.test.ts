import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { analyse } from '../../src/insight/analysis.ts';
import { BASELINE_MARK } from '../../src/insight/params.ts';
import { foldInto, snapshotOf, watchedFromNow } from '../../src/session/session.ts';
import { START_US } from '../helpers/stream.ts';
import { pidMetric, recordsOf, type Tick, type Watched, watched, watchedAfter } from './sessions.ts';

const METRICS = [pidMetric('x.count'), pidMetric('x.level', 'gauge')];
const FROZEN_S = 300;
const RISES_S = 400;
const SECONDS = 1500;

/** Steady until it rises to three times as much for good; another process begins late and is as steady. */
const TICKS: readonly Tick[] = Array.from({ length: SECONDS }, (_, second) => {
  const noise = Math.round(20 * Math.sin(second * 7.7) + 5 * Math.cos(second * 3.1));
  const own = (second < RISES_S ? 1000 : 3000) + noise;
  const late: Record<number, number> = second < 600 ? {} : { 8: 500 + noise };
  return { pids: { 'x.count': { 7: own, ...late }, 'x.level': { 7: own, ...late } } };
});
const RECORDS = recordsOf(TICKS, METRICS, { 7: 'worker', 8: 'late' });

const mark = (second: number, text: string): StreamRecord => ({
  type: 'mark',
  bootUs: START_US + second * 1e6 + 500_000,
  text,
});

/** With a mark behind the sample of its second. */
const withMark = (...marks: readonly StreamRecord[]): StreamRecord[] =>
  RECORDS.flatMap((record) => {
    if (record.type !== 'sample') return [record];
    return [record, ...marks.filter((one) => one.type === 'mark' && one.bootUs - record.bootUs === 500_000)];
  });

const FREEZE = mark(FROZEN_S, BASELINE_MARK.frozen);
const watch = (records: readonly StreamRecord[], freezeAfterMs?: number): Watched =>
  watchedAfter(records, METRICS, freezeAfterMs);

const spikesOf = ({ watch: { insight } }: Watched, comm: string) =>
  insight.spikes.filter(({ identity }) => identity.comm === comm);
const lastUs = (session: Watched, comm: string): number =>
  Math.max(0, ...spikesOf(session, comm).map(({ endUs }) => endUs));
const END_US = START_US + SECONDS * 1e6;

describe('a frozen baseline', () => {
  it('holds what lasts to be unusual to the end, where it would have become the normal', () => {
    const learning = watch(RECORDS);
    const frozen = watch(withMark(FREEZE));
    expect(lastUs(learning, 'worker')).toBeGreaterThan(START_US + RISES_S * 1e6);
    expect(lastUs(learning, 'worker')).toBeLessThan(END_US - 600e6);
    expect(lastUs(frozen, 'worker')).toBe(END_US);
    const [shift] = frozen.watch.insight.shifts;
    expect(shift).toMatchObject({ endUs: END_US });
    expect(learning.watch.insight.shifts[0]?.endUs).toBeLessThan(END_US);
  });

  it('is the same whether a mark of the stream says so or whoever reads it', () => {
    const marked = watch(withMark(FREEZE));
    const asked = watch(RECORDS, (FROZEN_S + 0.5) * 1000);
    expect(asked.watch.insight.spikes).toEqual(marked.watch.insight.spikes);
    expect(asked.watch.insight.spikes.length).toBeGreaterThan(0);
    expect(asked.watch.frozenUs).toBe(marked.watch.frozenUs);
  });

  it('is shown, reported, and over when it is learnt again', () => {
    const at = START_US + FROZEN_S * 1e6 + 500_000;
    const frozen = watch(withMark(FREEZE));
    expect(snapshotOf({ ...frozen, before: null }).insight.frozenUs).toBe(at);
    expect(analyse(frozen, { minScore: 3, symptom: null }).frozenUs).toBe(at);
    const again = watch(withMark(FREEZE, mark(RISES_S + 200, BASELINE_MARK.learning)));
    expect(snapshotOf({ ...again, before: null }).insight.frozenUs).toBeNull();
    expect(lastUs(again, 'worker')).toBeLessThan(END_US - 300e6);
  });

  it('holds nothing against a process that begins later', () => {
    const frozen = watch(withMark(FREEZE));
    expect(spikesOf(frozen, 'late').filter(({ tick }) => tick > 600 + 130)).toEqual([]);
  });

  it('is not frozen for who begins to watch behind the moment, and has learnt nothing', () => {
    const before = withMark(FREEZE);
    const half = before.findIndex(({ type }) => type === 'mark') + 1;
    const begun = watched(watchedFromNow(watch(before.slice(0, half))));
    for (const record of before.slice(half)) foldInto(begun, record);
    expect(begun.watch.frozenUs).toBeNull();
    expect(lastUs(begun, 'worker')).toBeLessThan(END_US - 600e6);
  });
});
