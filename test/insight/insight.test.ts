import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInsight, type Insight } from '../../src/insight/detector-state.ts';
import { closeSeries, openSeries, skipTicks, tick } from '../../src/insight/insight.ts';
import { SPIKE } from '../../src/insight/params.ts';
import { foldInto } from '../../src/session/session.ts';
import { hostMetric, pidMetric, recordsOf, type Tick, watchedAfter } from './sessions.ts';

const counter = (metric = 'x.count', pid = 1) =>
  ({ metric, kind: 'counter', unit: 'count', pid, startMs: 10, comm: 'p' }) as const;
const gauge = { ...counter('x.level'), kind: 'gauge' } as const;

/** Feeds one series; NaN is a tick in which it was not read. */
const feed = (insight: Insight, row: number, values: readonly number[]): void => {
  for (const value of values) {
    insight.values[row] = value;
    tick(insight, (insight.ticks + 1) * 1e6);
  }
};

const watch = (values: readonly number[], identity: Parameters<typeof openSeries>[1] = counter()) => {
  const insight = createInsight();
  feed(insight, openSeries(insight, identity, 0), values);
  return insight.spikes;
};

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
/** Noise without a generator of randomness: the same every time, and never twice in a row. */
const noise = (count: number, level: number): number[] =>
  Array.from(
    { length: count },
    (_, index) => level + Math.round(level * 0.1 * Math.sin(index * 7.7) + 3 * Math.cos(index * 3.1)),
  );

describe('the detector', () => {
  it.each([
    ['of nothing', zeros(600)],
    ['of a constant', new Array<number>(600).fill(50)],
    ['of a steady noise', noise(600, 1000)],
  ])('is silent: a counter %s', (_, values) => {
    expect(watch(values)).toEqual([]);
  });

  it('sees what a silent series does for the first time, and how much surer it gets of size', () => {
    const [first] = watch([...zeros(900), 1000, ...zeros(60)]);
    expect(first).toMatchObject({ tick: 900, endTick: 900, peak: 1000, learning: false });
    const usual = Array.from({ length: 900 }, (_, index) => (index % 90 === 0 ? 10 : 0));
    const scoreOf = (size: number): number => watch([...usual, size, ...zeros(60)]).at(-1)?.score ?? 0;
    expect(scoreOf(10)).toBeLessThan(SPIKE.eventScore);
    expect(scoreOf(400)).toBeGreaterThan(SPIKE.alertScore - 2);
    expect(scoreOf(4000)).toBeGreaterThan(scoreOf(400));
  });

  it('gives a loud run its own beginning, though a faint one was just before', () => {
    const usual = Array.from({ length: 900 }, (_, index) => (index % 90 === 0 ? 100 : 0));
    const spikes = watch([...usual, 900, ...zeros(6), 90_000, 90_000, ...zeros(40)]);
    expect(spikes.map(({ tick: at }) => at)).toEqual([900, 907]);
    expect(spikes[1]?.score).toBeGreaterThan((spikes[0]?.score ?? 0) + SPIKE.clearlyLouder);
  });

  it('goes on to call a new level unusual when the baseline is frozen before it', () => {
    const metrics = [hostMetric('vm.x')];
    const script = [...noise(600, 1000), ...noise(900, 4000)].map(
      (amount): Tick => ({ host: { 'vm.x': amount } }),
    );
    const records = recordsOf(script, metrics);
    const lastEnd = (freezeAfterMs?: number): number =>
      Math.max(
        ...watchedAfter(records, metrics, freezeAfterMs).watch.insight.spikes.map(({ endTick }) => endTick),
      );
    expect(lastEnd()).toBeLessThan(1000);
    expect(lastEnd(600_000)).toBeGreaterThan(1490);
  });

  it('dates a spike to the tick in which its run began', () => {
    const busy = noise(600, 1000);
    const [spike] = watch([...busy, 1500, 3000, 6000, 9000, ...noise(60, 1000)]);
    expect(spike?.tick).toBeGreaterThanOrEqual(600);
    expect(spike?.tick).toBeLessThanOrEqual(601);
    expect(spike?.peak).toBe(9000);
  });

  it('adds up a long moderate burst that no single tick gives away', () => {
    const usual = Array.from({ length: 900 }, (_, index) => (index % 50 === 0 ? 10 + (index % 7) : 0));
    const once = watch([...usual, 30, ...zeros(30)]).at(-1)?.score ?? 0;
    const long = watch([...usual, ...new Array<number>(12).fill(30), ...zeros(30)]).at(-1)?.score ?? 0;
    expect(long).toBeGreaterThan(once + 1);
  });

  it('learns a new level, after it has reported of it', () => {
    const spikes = watch([...noise(600, 100), ...noise(900, 1000)]);
    expect(spikes[0]?.tick).toBe(600);
    expect(spikes.some(({ shift }) => shift)).toBe(true);
    expect(Math.max(...spikes.map(({ endTick }) => endTick))).toBeLessThan(800);
  });

  it('does not learn while its baseline is frozen', () => {
    const lastAlarm = (frozen: boolean): number => {
      const insight = createInsight();
      const row = openSeries(insight, counter(), 0);
      feed(insight, row, noise(600, 100));
      insight.frozen = frozen;
      feed(insight, row, noise(900, 1000));
      return insight.spikes.at(-1)?.endTick ?? 0;
    };
    expect(lastAlarm(true)).toBe(1499);
    expect(lastAlarm(false)).toBeLessThan(800);
  });

  it('reports a level of a gauge that was never there, and not one that was', () => {
    const daily = Array.from({ length: 900 }, (_, index) => 50 + 20 * Math.sin(index / 40) + (index % 5));
    const insight = createInsight(300_000);
    feed(insight, openSeries(insight, gauge, 0), [...daily, 400, ...daily.slice(0, 200), 400]);
    const [first] = insight.spikes.filter(({ tick: begun }) => begun >= 900);
    expect(first).toMatchObject({ tick: 900, peak: 400 });
    expect(
      insight.spikes.filter(({ tick: begun, score }) => begun > 900 && score > (first?.score ?? 0) / 2),
    ).toEqual([]);
  });

  it('finds a critical counter in its first tick', () => {
    const [spike] = watch([0, 0, 1], counter('vm.oom_kill'));
    expect(spike?.score).toBeGreaterThanOrEqual(SPIKE.criticalScore);
  });

  it('does not hold a load that all have in common against each of them', () => {
    const alone = (others: number): number => {
      const insight = createInsight();
      const rows = Array.from({ length: 40 }, (_, pid) => openSeries(insight, counter('x.count', pid), 0));
      for (let at = 0; at < 900; at += 1) {
        // A little load comes and goes; then a storm for some of them.
        const wave = 1 + 0.3 * Math.sin(at / 25);
        rows.forEach((row, index) => {
          const storm = at >= 880 && index < others ? 4 : 1;
          insight.values[row] = Math.round(1000 * wave * storm + 20 * Math.sin(at * (index + 3)));
        });
        tick(insight, at * 1e6);
      }
      return Math.max(
        0,
        ...insight.spikes.filter(({ tick: begun }) => begun >= 880).map(({ score }) => score),
      );
    };
    expect(alone(3)).toBeGreaterThan(SPIKE.alertScore);
    expect(alone(40)).toBeLessThan(SPIKE.eventScore);
  });

  it('takes no notice of ticks that were not read', () => {
    const values = Array.from({ length: 900 }, (_, index) => (index % 37 === 0 ? 20 + (index % 11) : 0));
    const burst = [...values, 900];
    const holed = burst.flatMap((value, index) => (index % 50 === 49 ? [Number.NaN, value] : [value]));
    const [plain, withHoles] = [watch(burst), watch(holed)];
    expect(withHoles.map(({ score }) => score)).toEqual(plain.map(({ score }) => score));
  });

  it('stays within its bounds, and gives back what ended series held', () => {
    const insight = createInsight();
    for (let round = 0; round < 300; round += 1) {
      const rows = Array.from({ length: 10 }, (_, pid) =>
        openSeries(insight, counter('x.count', pid), insight.ticks),
      );
      for (const row of rows) insight.values[row] = 5;
      tick(insight, round * 1e6);
      for (const row of rows) closeSeries(insight, row);
    }
    expect(insight.slots.length).toBe(10);
    expect(insight.pools.get('x.count')?.most.series).toBe(0);
  });

  it('says the same of the past whatever follows, and a clone goes on as it would', () => {
    const amounts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 })), {
      minLength: 60,
      maxLength: 200,
    });
    fc.assert(
      fc.property(amounts, amounts, amounts, (past, one, other) => {
        const insight = createInsight();
        const row = openSeries(insight, counter(), 0);
        feed(insight, row, past);
        const known = structuredClone(insight.spikes);
        const clone = structuredClone(insight);
        feed(insight, row, one);
        skipTicks(clone, 3);
        feed(clone, row, other);
        const ended = (spikes: typeof known) =>
          spikes.filter(({ endTick }) => endTick < past.length - SPIKE.quietTicks);
        expect(ended(insight.spikes)).toEqual(ended(known));
        expect(ended(clone.spikes)).toEqual(ended(known));
        for (const { score } of insight.spikes) expect(Number.isFinite(score)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the watch of a session', () => {
  const metrics = [pidMetric('iomap.iter'), hostMetric('vm.pgfault'), hostMetric('mem.free', 'gauge')];
  const quiet = (count: number): Tick[] => Array.from({ length: count }, () => ({}));
  const burst: Tick = { pids: { 'iomap.iter': { 7: 5000 } } };

  it('counts the silence of a process from before its first count', () => {
    const state = watchedAfter(
      recordsOf([...quiet(400), burst, ...quiet(5)], metrics, { 7: 'cat' }),
      metrics,
    );
    expect(state.watch.insight.spikes).toHaveLength(1);
    expect(state.watch.insight.spikes[0]?.identity).toMatchObject({
      metric: 'iomap.iter',
      pid: 7,
      comm: 'cat',
    });
  });

  it('makes another series of another process with the same PID, and drops the first', () => {
    const before = recordsOf([...quiet(400), burst], metrics, { 7: 'cat' });
    const bootUs = (before.at(-1)?.bootUs ?? 0) + 1;
    const again = recordsOf([...quiet(402), ...quiet(200), burst, ...quiet(2)], metrics)
      .filter((record) => record.type === 'sample')
      .slice(402)
      .map((record) => ({ ...record, epoch: 1 }));
    const state = watchedAfter(
      [
        ...before,
        { type: 'exit', bootUs, pid: 7, startMs: 10, comm: 'cat' },
        { type: 'forget', bootUs, pid: 7 },
        { type: 'process', bootUs: bootUs + 1, pid: 7, startMs: 1_100_000, comm: 'dog' },
        ...again,
      ],
      metrics,
    );
    const { spikes, slots } = state.watch.insight;
    expect(new Set(spikes.map(({ series }) => series)).size).toBe(spikes.length);
    expect(spikes[0]?.identity.comm).toBe('cat');
    expect(slots.filter((slot) => slot?.identity.pid === 7)).toHaveLength(1);
  });

  it('says the same after a replay from a clone as without one', () => {
    const script = Array.from(
      { length: 500 },
      (_, at): Tick => ({
        pids: { 'iomap.iter': at % 41 === 0 ? { 7: 10 + (at % 13), 8: at === 410 ? 9000 : 3 } : {} },
        host: { 'vm.pgfault': 100 + ((at * 7) % 11), 'mem.free': 1000 + ((at * 13) % 17) },
      }),
    );
    const records = recordsOf(script, metrics, { 7: 'a', 8: 'b' });
    const whole = watchedAfter(records, metrics);
    const half = structuredClone(watchedAfter(records.slice(0, 250), metrics));
    for (const record of records.slice(250)) foldInto(half, record);
    expect(half.watch.insight).toEqual(whole.watch.insight);
    expect(whole.watch.insight.spikes.length).toBeGreaterThan(0);
  });
});
