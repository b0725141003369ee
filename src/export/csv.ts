/**
 * A long CSV: one line for each value that came with a sample, in UTF-8, as RFC 4180 has it. `stallscope import` reads it
 * back: growths of counters (`delta`) add up to the totals of the recording, levels (`gauge`) and largest values (`max`)
 * stand where they changed, and every sample has a line, so that a time without one was no sample.
 *
 * Names are data: no two of them become one, none holds what a terminal obeys, and none begins as a formula does. Lines
 * of `stallscope.…` are about the numbers: whether the tracer was read, marks, gaps, losses, and at the end what keeps a
 * metric from being exact and whether the recording is whole.
 */
import { realMsAt } from '../core/clock.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type { Coverage, Row, Snapshot } from '../core/snapshot.ts';
import { type Change, createChanges } from './changes.ts';
import { divide } from './chosen.ts';
import { asCsvText } from './csv-text.ts';
import type { Encoder, Export } from './encoder.ts';
import { createNews, mergedNews, type News } from './news.ts';

const COLUMNS = [
  'time',
  'host',
  'pid',
  'start',
  'comm',
  'cgroup',
  'metric',
  'kind',
  'value',
  'unit',
  'coverage',
  'note',
] as const;

type Line = Partial<Record<(typeof COLUMNS)[number], string>>;

/** Metrics of processes that are summed, not listed, have this before their name. */
const OTHERS = 'others.';

export const csvEncoder = ({ header, from, isPart, chosen }: Export): Encoder => {
  const changes = createChanges(from);
  const news = createNews(from);
  const { clock } = header;
  const host = asCsvText(header.host.hostname);
  const time = (bootUs: number): string => isoUs(Math.round(realMsAt(clock, bootUs) * 1000));
  const text = (bootUs: number, lines: readonly Line[]): string => {
    const at = time(bootUs);
    return lines.map((line) => `${joined({ time: at, host, ...line })}\n`).join('');
  };
  const whose = ({ row, cgroup }: Change): Line => ({
    ...(row === undefined ? {} : processOf(row, row.startMs === null ? '' : time(row.startMs * 1000))),
    ...(cgroup === undefined ? {} : { cgroup: asCsvText(cgroup.path) }),
  });
  const lineOf = (change: Change, snapshot: Snapshot): Line => ({
    ...whose(change),
    ...measured(change.metric, change.value),
    coverage: coverageOf(change, snapshot),
  });
  let endUs = from?.bootUs ?? Number.NEGATIVE_INFINITY;
  /** Of the last sample: what is found at the end has its time, and a time has one value of each kind. */
  let latest: readonly News[] = [];
  const written = (): string => (latest.length === 0 ? '' : text(endUs, latest.map(newsLine)));

  return {
    begin: () => [`${COLUMNS.join(',')}\n`],
    sample: (snapshot) => {
      // A sample whose line is damaged has no time of its own.
      const isAnother = snapshot.bootUs > endUs;
      const before = isAnother ? written() : '';
      latest = isAnother ? news.of(snapshot) : mergedNews(latest, news.of(snapshot));
      endUs = snapshot.bootUs;
      const { listed, others } = divide(changes.of(snapshot), chosen);
      const lines = [
        ...(isAnother ? [about('counted', 'gauge', snapshot.read.bootUs === snapshot.bootUs ? 1 : 0)] : []),
        ...listed.map((change) => lineOf(change, snapshot)),
        ...[...others].map(([metric, sum]) => othersLine(metric, sum, snapshot)),
      ];
      return [before + text(endUs, lines)];
    },
    end: ({ snapshot, stretch }) => {
      latest = mergedNews(latest, news.of(snapshot));
      if (endUs === Number.NEGATIVE_INFINITY) endUs = clock.bootUs;
      return [written() + text(endUs, endLines(stretch, isPart, chosen.most))];
    },
  };
};

const joined = (line: Line): string => COLUMNS.map((column) => line[column] ?? '').join(',');

const processOf = (row: Row, start: string): Line => ({
  pid: String(row.pid),
  start,
  comm: asCsvText(row.comm),
});

const measured = ({ id, kind, unit }: MetricDescriptor, value: number): Line => ({
  metric: id,
  kind: kind === 'counter' ? 'delta' : kind,
  value: String(value),
  unit,
});

/** Of the interval in which it came. */
const coverageOf = ({ row, metric }: Change, { coverageNow, header }: Snapshot): Coverage => {
  if (header.imported !== undefined) return 'sampled';
  if (row === undefined) return 'exact';
  const now = coverageNow[metric.id] ?? 'exact';
  return now === 'exact' && row.shared !== undefined ? 'estimate' : now;
};

const othersLine = (metric: MetricDescriptor, sum: number, { header, coverageNow }: Snapshot): Line => ({
  ...measured({ ...metric, id: OTHERS + metric.id }, sum),
  coverage: header.imported === undefined ? (coverageNow[metric.id] ?? 'exact') : 'sampled',
  note: 'processes that are not listed',
});

const about = (what: string, kind: 'delta' | 'gauge', value: number, note = ''): Line => ({
  metric: `stallscope.${what}`,
  kind,
  value: String(value),
  note: asCsvText(note),
});

const newsLine = ({ what, count, note }: News): Line => about(what, 'delta', count, note);

const endLines = (stretch: Snapshot, isPart: boolean, most: number | null): Line[] => [
  ...Object.entries(stretch.coverage)
    .filter(([, { coverage }]) => coverage !== 'exact')
    .map(([metric, { coverage, reasons }]) => ({
      ...about(`not_exact.${metric}`, 'gauge', 1, reasons.join('; ')),
      coverage,
    })),
  ...(most === null
    ? []
    : [about('listed', 'gauge', most, 'the processes that did most; the others are summed')]),
  ...(isPart ? [about('stretch', 'gauge', 1, 'only a part of the recording was asked for')] : []),
  about(
    'complete',
    'gauge',
    stretch.ended === null ? 0 : 1,
    stretch.ended === null ? 'the recording is truncated: it has no trailer' : stretch.ended.reason,
  ),
];

/** `2026-11-21T14:02:30.123456Z`. */
const isoUs = (realUs: number): string => {
  const date = new Date(Math.floor(realUs / 1000));
  return `${date.toISOString().slice(0, -1)}${String(realUs % 1000).padStart(3, '0')}Z`;
};
