import { describe, expect, it } from 'vitest';
import { correlate, lagFrom } from '../../src/insight/correlate.ts';
import { directionOf } from '../../src/insight/direction.ts';
import { incidentsOf } from '../../src/insight/incidents.ts';
import { sharedClock } from '../../src/insight/periodic.ts';
import type { Spike } from '../../src/insight/series.ts';
import { log10PoissonTail, probabilityOfBias } from '../../src/insight/statistics.ts';
import { sceneOf, suspectsOf } from '../../src/insight/suspects.ts';
import { spikeOf } from './spikes.ts';

const TICKS = 2700;
const EVENT = 3;

const spike = (series: number, tick: number, score = 6): Spike => spikeOf(series, tick, { score });

/** Spikes of many series that have nothing to do with each other; the same every time. */
const crowd = (series: number, each: number): Spike[] => {
  let state = 42;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: series * each }, (_, index) =>
    spike(100 + (index % series), 120 + Math.floor(next() * 2500)),
  );
};

const OCCURRENCES = [300, 620, 1010, 1400, 1815, 2100, 2444];
const chain = (series: number, lag: number, times = OCCURRENCES): Spike[] =>
  times.map((at) => spike(series, at + lag));
const pairOf = (spikes: readonly Spike[], a: number, b: number) =>
  correlate(spikes, TICKS, EVENT).links.find((link) => link.a === a && link.b === b);

describe('what many begin at once', () => {
  const many = [300, 620, 1010, 1400, 1815, 2100].flatMap((at) =>
    Array.from({ length: 20 }, (_, series) => spike(series, at + (series % 3))),
  );

  it('is one event each time, and no evidence for a link within it', () => {
    const { links, crowds } = correlate([...crowd(100, 5), ...many], TICKS, EVENT);
    expect(links.filter(({ a, b }) => a < 20 && b < 20)).toEqual([]);
    expect(crowds).toHaveLength(6);
    // Who happened to begin with them is in it too.
    for (const { spikes, owners } of crowds) {
      expect(spikes.filter(({ series }) => series < 20)).toHaveLength(20);
      expect(owners).toBeGreaterThanOrEqual(20);
      expect(owners).toBeLessThan(24);
    }
  });

  it('leaves what follows it, and what two of them do besides', () => {
    const between = chain(1, 0, [453, 811, 1207, 1611, 1957, 2309]);
    const after = between.map(({ tick }) => spike(2, tick + 10));
    const { links } = correlate([...crowd(100, 5), ...many, ...between, ...after], TICKS, EVENT);
    expect(links.filter(({ a, b }) => a < 20 && b < 20)).toMatchObject([{ a: 1, b: 2, lagTicks: 10 }]);
  });

  it('is no crowd of one process, however many of its metrics rise', () => {
    const own = many.map((one) => ({ ...one, identity: { ...one.identity, pid: 7, startMs: 0 } }));
    expect(correlate(own, TICKS, EVENT).crowds).toEqual([]);
  });
});

describe('links', () => {
  it('are found with lag, range and order, and chance is reported', () => {
    const link = pairOf([...crowd(100, 5), ...chain(1, 0), ...chain(2, 10)], 1, 2);
    expect(link).toMatchObject({ lagTicks: 10, leastLagTicks: 10, mostLagTicks: 10, significant: true });
    expect(link?.direction.order).toBe('first-leads');
    expect(link?.matches).toHaveLength(OCCURRENCES.length);
    expect(link?.byChance).toBeLessThan(0.1);
    expect(link?.confidence).toBeGreaterThan(0.9);
  });

  it('are not made of chance', () => {
    expect(correlate(crowd(200, 6), TICKS, EVENT).links.filter(({ significant }) => significant)).toEqual([]);
  });

  it('are not made of storms, in which everything coincides', () => {
    const stormy = [400, 900, 1500, 2200].flatMap((at) =>
      Array.from({ length: 60 }, (_, series) => spike(100 + series, at + (series % 9))),
    );
    const inStorm = correlate([...crowd(100, 2), ...stormy], TICKS, EVENT);
    const outside = correlate([...crowd(100, 2), ...chain(1, 0), ...chain(2, 1)], TICKS, EVENT);
    expect(inStorm.links.length).toBe(0);
    expect(outside.links.length).toBeGreaterThan(0);
  });

  it('have no order in the same tick', () => {
    expect(pairOf([...crowd(100, 5), ...chain(1, 0), ...chain(2, 0)], 1, 2)?.direction.order).toBe('unknown');
  });

  it('are never made of one coincidence', () => {
    expect(pairOf([...crowd(100, 5), spike(1, 700, 12), spike(2, 705, 12)], 1, 2)).toBeUndefined();
  });

  it('are not made of two that share a clock', () => {
    const clock = (series: number, phase: number): Spike[] =>
      Array.from({ length: 40 }, (_, index) => spike(series, 130 + phase + 60 * index));
    const { links, clocks } = correlate([...crowd(100, 5), ...clock(1, 0), ...clock(2, 4)], TICKS, EVENT);
    expect(links.filter(({ a, b }) => a === 1 && b === 2)).toEqual([]);
    expect(clocks).toContainEqual({ a: 1, b: 2, periodTicks: 60 });
  });

  it('gain from a third series that shares their occurrences', () => {
    const two = correlate([...crowd(100, 5), ...chain(1, 0), ...chain(2, 10)], TICKS, EVENT);
    const three = correlate(
      [...crowd(100, 5), ...chain(1, 0), ...chain(2, 10), ...chain(3, 4)],
      TICKS,
      EVENT,
    );
    const score = (found: typeof two): number =>
      found.pairs.find(({ a, b }) => a === 1 && b === 2)?.score ?? 0;
    expect(score(three)).toBeGreaterThan(score(two) + 3);
    expect(three.pairs.find(({ a, b }) => a === 1 && b === 2)?.supporters).toBeGreaterThan(0);
  });

  it('do not depend on the order in which spikes are given', () => {
    const spikes = [...crowd(60, 4), ...chain(1, 0), ...chain(2, 10)];
    const reported = (given: readonly Spike[]) =>
      correlate(given, TICKS, EVENT).links.map(({ a, b, score, lagTicks }) => ({ a, b, score, lagTicks }));
    expect(reported([...spikes].sort((x, y) => y.series - x.series))).toEqual(reported(spikes));
  });
});

const suspectsIn = (spikes: readonly Spike[], symptom: number) =>
  suspectsOf(symptom, sceneOf(spikes, TICKS, correlate(spikes, TICKS, EVENT)));

describe('suspects', () => {
  it('of what happened once are what seldom spikes so loud, before it, and at all', () => {
    const seldom = [spike(1, 1000, 9), spike(2, 1015, 9)];
    const often = Array.from({ length: 30 }, (_, index) => spike(3, 110 + 89 * index, 9));
    const after = spike(4, 1022, 9);
    const suspects = suspectsIn([...crowd(60, 6), ...seldom, ...often, after], 2);
    expect(suspects[0]).toMatchObject({ series: 1, lagTicks: 15, matched: 1, of: 1 });
    const places = suspects.map(({ series }) => series);
    for (const less of [3, 4]) expect(places.indexOf(less)).toBeGreaterThan(0);
  });

  it('are reported also where spikes are so dense that links leave the quiet ones out', () => {
    const dense = crowd(160, 30).map((one) => ({ ...one, score: 8 }));
    const quiet = [...chain(1, 0), ...chain(2, 10)].map((one) => ({ ...one, score: 4 }));
    const spikes = [...dense, ...quiet];
    const found = correlate(spikes, TICKS, EVENT);
    expect(found.fromScore).toBeGreaterThan(4);
    const suspects = suspectsOf(2, sceneOf(spikes, TICKS, found));
    expect(suspects.slice(0, 3).map(({ series }) => series)).toContain(1);
  });

  it('put the one that leads the others first, and a louder later effect behind it', () => {
    const louder = chain(3, 8).map((one) => ({ ...one, score: 12 }));
    const suspects = suspectsIn([...crowd(100, 5), ...chain(1, 0), ...louder, ...chain(2, 15)], 2);
    expect(suspects.slice(0, 2).map(({ series }) => series)).toEqual([1, 3]);
    expect(suspects[0]).toMatchObject({ lagTicks: 15, matched: OCCURRENCES.length, of: OCCURRENCES.length });
  });

  it('put what follows the symptom behind what leads it', () => {
    const spikes = [...crowd(50, 5), ...chain(1, 0), ...chain(2, 10), ...chain(3, 20)];
    const order = suspectsIn(spikes, 2).map(({ series }) => series);
    expect(order.indexOf(1)).toBeLessThan(order.indexOf(3));
  });
});

describe('direction', () => {
  const matches = (lags: readonly number[]) => ({
    matches: lags.map((lag) => [spike(1, 100), spike(2, 100 + lag)] as const),
    lagTicks: [...lags].sort((a, b) => a - b)[Math.floor((lags.length - 1) / 2)] ?? 0,
  });

  it.each([
    [[5, 5, 5, 5], 'first-leads', 0.969],
    [[-3, -4, -3, -3, -2], 'second-leads', 0.984],
    [[5, 5, 5], 'unknown', 0.938],
    [[1, 1, 1], 'unknown', 0.938],
    [[1, 1, 1, 1, 1], 'first-leads', 0.984],
    [[5, 5, -5, 5, -5, 5], 'unknown', 0.773],
    [[0, 0, 0], 'unknown', 0.5],
  ])('of lags %j is %s', (lags, order, probability) => {
    const direction = directionOf(matches(lags));
    expect(direction.order).toBe(order);
    expect(direction.probability).toBeCloseTo(probability, 2);
  });
});

describe('incidents', () => {
  it('are where several series stand out together, not where one does', () => {
    const reported = incidentsOf([
      ...crowd(20, 2).map((one) => ({ ...one, score: 5.2 })),
      ...[1, 2, 3, 4, 5].map((series) => spike(series, 1500 + series, 9)),
      spike(9, 2000, 14),
    ]);
    expect(reported).toHaveLength(1);
    expect(reported[0]?.spikes.map(({ series }) => series)).toEqual(expect.arrayContaining([1, 2, 3, 4, 5]));
    expect(reported[0]?.startTick).toBeGreaterThan(1480);
  });

  it('once reported stay reported, whatever follows', () => {
    const spikes = [1, 2, 3, 4, 5].map((series) => spike(series, 1500 + series, 9));
    const later = [1, 2, 3, 4, 5, 6].map((series) => spike(series, 2100 + series, 9));
    const [first] = incidentsOf(spikes);
    expect(incidentsOf([...spikes, ...later])[0]).toEqual(first);
  });
});

describe('statistics', () => {
  it('agree with tables', () => {
    expect(10 ** log10PoissonTail(1, 1)).toBeCloseTo(1 - Math.exp(-1), 10);
    expect(10 ** log10PoissonTail(3, 0.5)).toBeCloseTo(0.0143877, 6);
    expect(log10PoissonTail(0, 3)).toBe(0);
    expect(log10PoissonTail(50, 0.01)).toBeLessThan(-150);
    expect(probabilityOfBias(1, 1)).toBeCloseTo(0.75, 10);
    expect(probabilityOfBias(4, 5)).toBeCloseTo(0.890625, 6);
    expect(probabilityOfBias(10, 12)).toBeCloseTo(0.98877, 4);
  });

  it('report a lag by the side that it is seen from', () => {
    const pair = correlate([...chain(1, 0), ...chain(2, 7), ...crowd(40, 4)], TICKS, EVENT).pairs.find(
      ({ a, b }) => a === 1 && b === 2,
    );
    expect(pair === undefined ? [] : [lagFrom(pair, 1), lagFrom(pair, 2)]).toEqual([7, -7]);
  });
});

describe('a clock', () => {
  it.each([
    [[585, 885, 1185, 1785, 2385], 300],
    [[100, 401, 699, 1600], 298],
    [[300, 620, 1010, 1400], null],
    [[300, 600, 900], null],
    [[3, 5, 7, 9, 11], null],
  ])('in the occurrences %j is %j', (ticks, period) => {
    expect(sharedClock(ticks)).toBe(period);
  });
});
