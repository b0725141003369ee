/** The judge of the honesty trial, and that no metric of a probe is left without a trial. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/probes/catalogue.ts';

type Reported = {
  value: number;
  mark: '=' | '≈' | '≥' | '–';
  bound: readonly [number, number] | null;
  reason: string;
};
type Truth = { low: number; high: number };
type Judge = {
  readonly judge: (truth: Truth, reported: Reported) => string;
};
type Reader = {
  readonly reportedOf: (summary: object, metric: string, who: object | null) => Reported;
};

const here = resolve('test', 'honest');
let judge: Judge;
let reader: Reader;
let untried: Readonly<Record<string, string>>;

beforeAll(async () => {
  judge = (await import(join(here, 'judge.mjs'))) as Judge;
  reader = (await import(join(here, 'reported.mjs'))) as Reader;
  untried = ((await import(join(here, 'untried.mjs'))) as { UNTRIED: typeof untried }).UNTRIED;
});

const reported = (mark: Reported['mark'], value: number, more: Partial<Reported> = {}): Reported => ({
  mark,
  value,
  bound: null,
  reason: '',
  ...more,
});

describe('the verdict', () => {
  it.each([
    ['equal', 23, 23, reported('=', 23)],
    ['LIE', 23, 23, reported('=', 22)],
    ['LIE', 23, 23, reported('=', 0)],
    ['within', 1, 100, reported('=', 99)],
    ['LIE', 1, 100, reported('=', 101)],
    ['bounded', 23, 23, reported('≥', 0)],
    ['bounded', 23, 23, reported('≥', 23)],
    ['LIE', 23, 23, reported('≥', 24)],
    ['bounded', 23, 23, reported('≈', 30, { bound: [20, 40] })],
    ['LIE', 23, 23, reported('≈', 30, { bound: [24, 40] })],
    ['LIE', 10_000, 10_000, reported('≈', 210_000)],
    ['bounded', 23, 23, reported('≈', 23)],
    ['uncovered', 23, 23, reported('–', 0, { reason: 'no markers' })],
    ['LIE', 23, 23, reported('–', 0)],
  ])('%s: true %i to %i, reported %o', (verdict, low, high, said) => {
    expect(judge.judge({ low, high }, said)).toBe(verdict);
  });
});

describe('what a reader sees', () => {
  const metric = 'iomap.iter';
  const summary = (coverage: string, row: object) => ({
    metrics: [{ id: metric, kind: 'counter' }],
    coverage: { [metric]: { coverage, reasons: ['why'] } },
    probes: [{ id: 'iomap', variant: 'counters', state: 'attached' }],
    totals: { [metric]: 7 },
    pids: [{ pid: 1, comm: 'seek', metrics: {}, uncovered: {}, ...row }],
  });

  it('takes a count that is absent for a zero, as exact as the metric', () => {
    expect(reader.reportedOf(summary('exact', {}), metric, { pid: 1 })).toMatchObject({
      mark: '=',
      value: 0,
    });
    expect(reader.reportedOf(summary('exact', {}), metric, { pid: 2 })).toMatchObject({
      mark: '=',
      value: 0,
    });
    expect(reader.reportedOf(summary('lower-bound', {}), metric, { pid: 2 })).toMatchObject({ mark: '≥' });
  });

  it('takes a metric that is marked as not covered for that, with its reason', () => {
    const row = { uncovered: { [metric]: 'no markers' } };
    expect(reader.reportedOf(summary('exact', row), metric, { pid: 1 })).toMatchObject({
      mark: '–',
      reason: 'no markers',
    });
    expect(reader.reportedOf(summary('exact', {}), 'iomap.other', { pid: 1 })).toMatchObject({ mark: '–' });
  });

  it.each([
    ['too high by 4 at most: why', [3, 7]],
    ['too high by 40 at most: why', [0, 7]],
    ['calls when they begin: at most so many succeeded', [0, 7]],
    ['off by no more than 13 times the square root of the number and 90', [0, 132]],
  ])('reads the bound of an estimate off its reason: %s', (reason, bound) => {
    const said = { ...summary('estimate', { metrics: { [metric]: 7 } }) };
    said.coverage[metric] = { coverage: 'estimate', reasons: [reason] };
    expect(reader.reportedOf(said, metric, { pid: 1 })).toMatchObject({ mark: '≈', bound });
    said.coverage[metric] = { coverage: 'estimate', reasons: [reason, '2 gaps in counting'] };
    expect(reader.reportedOf(said, metric, { pid: 1 }).bound).toEqual([bound[0], Number.POSITIVE_INFINITY]);
  });

  it('takes an estimate whose reason bounds nothing at its value', () => {
    const said = summary('estimate', { metrics: { [metric]: 7 } });
    expect(reader.reportedOf(said, metric, { pid: 1 })).toMatchObject({ mark: '≈', bound: null });
  });

  it('adds up the processes of one number, or those of one name alone', () => {
    const both = {
      ...summary('exact', {}),
      pids: [
        { pid: 1, comm: 'seek', metrics: { [metric]: 7 } },
        { pid: 1, comm: 'later', metrics: { [metric]: 11 } },
        { pid: 2, comm: 'other', metrics: { [metric]: 100 } },
      ],
    };
    expect(reader.reportedOf(both, metric, { pid: 1 }).value).toBe(18);
    expect(reader.reportedOf(both, metric, { pid: 1, comm: 'later' }).value).toBe(11);
    expect(reader.reportedOf(both, metric, { pids: [1, 2] }).value).toBe(118);
    expect(reader.reportedOf(both, metric, null).value).toBe(7);
  });
});

describe('the cases', () => {
  const metrics = loadCatalogue().flatMap(({ manifest }) =>
    manifest.metrics
      .filter(({ internal }) => internal !== true)
      .map(({ name }) => ({ probe: manifest.id, name })),
  );
  const written = ['iomap', 'inode', 'sync', 'faults', 'memory', 'python', 'host']
    .map((name) => readFileSync(join(here, 'cases', `${name}.mjs`), 'utf8'))
    .join('\n');

  it.each(metrics)('try $name of $probe, or say why it cannot be tried', ({ probe, name }) => {
    const isTried = new RegExp(`['"\`.]${name}['"\`]`).test(written);
    const isMade = /^(create|unlink|rename)(_ns)?$/.test(name);
    expect(isTried || isMade || `${probe}.${name}` in untried).toBe(true);
  });
});
