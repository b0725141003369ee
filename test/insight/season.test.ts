/** What a series does at an hour of the day, day after day, is no news; the same at another hour is. */
import { describe, expect, it } from 'vitest';
import { createInsight } from '../../src/insight/detector-state.ts';
import { openSeries, tick } from '../../src/insight/insight.ts';
import type { SeriesIdentity } from '../../src/insight/series.ts';

const INTERVAL_MINUTES = 5;
const DAY_MINUTES = 1440;
const DAYS = 7;
const NIGHTLY = 400;
const LASTS = 40;

const identityOf = (metric: string, kind: SeriesIdentity['kind']): SeriesIdentity => ({
  ...{ metric, kind, unit: 'count', comm: 'index' },
  ...{ pid: metric.startsWith('vm.') ? null : 40, startMs: 10 },
});

/** Never the same twice in a row, and the same every time. */
const wobble = (at: number): number => Math.sin(at * 1.7) + Math.cos(at * 0.73);

/** A later job, or a longer one, than that of the night. */
type Job = { readonly day: number; readonly from: number; readonly lasts?: number; readonly times?: number };

const isDuring = ({ day, from, lasts = LASTS }: Job, minute: number): boolean =>
  minute >= day * DAY_MINUTES + from && minute < day * DAY_MINUTES + from + lasts;

type Week = {
  readonly kind: SeriesIdentity['kind'];
  readonly jobs: readonly Job[];
  readonly metric?: string;
  /** Nobody looked from this minute to that. */
  readonly unseen?: readonly [from: number, to: number];
  /** From which minute on the baseline is frozen. */
  readonly frozenFrom?: number;
};

/** The days on which something was reported, of what began within an hour of this minute of the day. */
const reportedAbout = (
  minuteOfDay: number,
  { kind, jobs, metric = 'read_kb', unseen = [0, 0], frozenFrom }: Week,
): number[] => {
  const insight = createInsight(INTERVAL_MINUTES * 60_000);
  const row = openSeries(insight, identityOf(metric, kind), 0);
  const critical = metric.startsWith('vm.');
  for (let minute = 0; minute < DAYS * DAY_MINUTES; minute += INTERVAL_MINUTES) {
    const job = jobs.find((one) => isDuring(one, minute));
    const usual = critical ? 0 : 100 + 5 * wobble(minute);
    insight.frozen = frozenFrom !== undefined && minute >= frozenFrom;
    const level = job === undefined ? usual : critical ? 1 : usual * 12 * (job.times ?? 1);
    insight.values[row] = minute >= unseen[0] && minute < unseen[1] ? Number.NaN : level;
    tick(insight, (minute + DAY_MINUTES) * 60e6);
  }
  const minutes = [...insight.spikes, ...insight.shifts].map(({ startUs }) => startUs / 60e6 - DAY_MINUTES);
  const near = minutes.filter((minute) => Math.abs((minute % DAY_MINUTES) - minuteOfDay) <= 60);
  return [...new Set(near.map((minute) => Math.floor(minute / DAY_MINUTES)))].sort();
};

const nightly = Array.from({ length: DAYS }, (_, day): Job => ({ day, from: NIGHTLY + 10 * (day % 3) }));

describe.each(['counter', 'gauge'] as const)('a %s with a job every night', (kind) => {
  it('is news at first, and no more once two nights were like it', () => {
    const days = reportedAbout(NIGHTLY, { kind, jobs: nightly });
    expect(days[0]).toBe(0);
    expect(days.filter((day) => day >= 3)).toEqual([]);
  });

  it('is news at another hour', () => {
    const later = { day: 5, from: 1000, times: 1.1 };
    expect(reportedAbout(1000, { kind, jobs: [...nightly, later] })).toEqual([5]);
  });

  it('is news when there is far more of it', () => {
    const jobs = nightly.map((job) => (job.day === 5 ? { ...job, times: 4 } : job));
    expect(reportedAbout(NIGHTLY, { kind, jobs })).toContain(5);
  });
});

describe('hours of the day', () => {
  it('explain nothing of a counter of which a single one is news', () => {
    const week: Week = { kind: 'counter', jobs: nightly, metric: 'vm.oom_kill' };
    expect(reportedAbout(NIGHTLY, week)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('that nobody saw are not known: the night after two unseen days has one like it, and is told', () => {
    const jobs = nightly.filter(({ day }) => day === 0 || day >= 3);
    const week: Week = { kind: 'counter', jobs, unseen: [DAY_MINUTES, 3 * DAY_MINUTES] };
    const days = reportedAbout(NIGHTLY, week);
    expect(days).toContain(3);
    expect(days.filter((day) => day >= 5)).toEqual([]);
  });

  it('are those of a frozen baseline, too', () => {
    const week: Week = { kind: 'counter', jobs: nightly, frozenFrom: 3 * DAY_MINUTES };
    expect(reportedAbout(NIGHTLY, week).filter((day) => day >= 3)).toEqual([]);
  });
});
