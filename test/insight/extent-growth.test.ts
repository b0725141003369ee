/** Reports of extents over weeks: which files are said to fall apart. */
import { expect, it } from 'vitest';
import type { Counted } from '../../src/extents/report.ts';
import { addReport, headerOfSeries, recordsOfSeries, type Series } from '../../src/extents/series.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';

const DAY_MS = 86_400_000;
const HOST = { hostname: 'host', kernel: '6.1.0', arch: 'x64', cpus: 2, memoryBytes: 2 ** 30 };

const counted = (path: string, extents: number): Counted =>
  ({
    path,
    sizeBytes: 1,
    ino: 1,
    dev: 1,
    extents,
    isLeast: false,
    fileSystem: 'xfs',
    problem: null,
  }) as unknown as Counted;

/** What is found after so many reports, one each `everyMs`. */
const findingsAfter = (
  reports: number,
  everyMs: number,
  extentsOf: (report: number) => Readonly<Record<string, number>>,
): readonly Finding[] => {
  let series: Series = { metrics: [], samples: [] };
  for (let report = 0; report < reports; report += 1) {
    const files = Object.entries(extentsOf(report)).map(([path, extents]) => counted(path, extents));
    series = addReport(series, files, 1e12 + report * everyMs);
  }
  const session = createSession(headerOfSeries(series, HOST, '0'));
  for (const record of recordsOfSeries(series)) foldInto(session, record);
  return snapshotOf(session).insight.findings.filter(({ id }) => id === 'extent-growth');
};

it('names the files that grow for six weeks, those that grew most first, with what that is a week', () => {
  const found = findingsAfter(43, DAY_MS, (day) => ({
    '/vm/steady.raw': 20_000,
    '/vm/slow.qcow2': 1_000 + 20 * day + (day % 3),
    '/vm/disk.qcow2': 10_000 + 300 * day,
  }));
  expect(found).toHaveLength(1);
  expect(found[0]?.suspect).toBeNull();
  expect(found[0]?.evidence.map(({ value, what }) => `${value} ${what}`)).toEqual([
    '12600 more extents of the file that grew most, in 42 days, 2100 a week',
    '2 files that lie in ever more extents',
  ]);
  const agoMs = 42 * DAY_MS;
  expect(found[0]?.files).toEqual([
    { path: '/vm/disk.qcow2', extents: 22_600, earlier: { extents: 10_000, agoMs } },
    { path: '/vm/slow.qcow2', extents: 1_840, earlier: { extents: 1_000, agoMs } },
  ]);
});

it('names one again only once it has grown for all of the time', () => {
  const sawtooth = (day: number) => ({ '/vm/a.raw': 1_000 + 500 * (day % 15) });
  expect(findingsAfter(43, DAY_MS, sawtooth)).toEqual([]);
  const put = (day: number) => ({ '/vm/a.raw': day < 30 ? 1_000 + 500 * day : 80 });
  expect(findingsAfter(31, DAY_MS, put)).toEqual([]);
});

it.each([
  ['a file in few extents', 43, DAY_MS, (day: number) => 10 + 10 * day],
  ['a day of hourly reports', 25, 3_600_000, (hour: number) => 1_000 + 500 * hour],
  ['a handful of reports', 8, 7 * DAY_MS, (week: number) => 1_000 + 500 * week],
  ['what has settled', 43, DAY_MS, (day: number) => 1_000 + 500 * Math.min(day, 20)],
  ['a share that nobody feels', 43, DAY_MS, (day: number) => 1_000_000 + 200 * day],
])('does not name %s', (_, reports, everyMs, extentsAt) => {
  expect(findingsAfter(reports, everyMs, (report) => ({ '/vm/a.raw': extentsAt(report) }))).toEqual([]);
});
