/**
 * Reports of extents as a recording: a gauge for each file, a sample for each report. Its clock is the wall's, counted from the
 * first report, because reports lie days and restarts of the host apart.
 */
import { createHash } from 'node:crypto';
import { describeExtents, EXTENTS_SERIES } from '../core/file-extents.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import {
  type HeaderRecord,
  type HostIdentity,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type SampleRecord,
  type StreamRecord,
} from '../core/record.ts';
import type { Counted } from './report.ts';

export const SERIES_FROM = 'stallscope extents';
/** Reports kept; of more, the latest. */
export const MAX_REPORTS = 10_000;
/** What the header of a recording holds. */
const MOST_FILES = 4_096;
const FIRST_BOOT_US = 1_000_000_000;
const DAY_MS = 86_400_000;

export type Series = {
  readonly metrics: readonly MetricDescriptor[];
  readonly samples: readonly { readonly realMs: number; readonly values: Readonly<Record<string, number>> }[];
};

export const isSeries = ({ imported }: HeaderRecord): boolean => imported?.from === SERIES_FROM;

/** With one more report; of a file that was not counted to its end there is no value. A clock that was set back adds none. */
export const addReport = (before: Series, counted: readonly Counted[], atMs: number): Series => {
  const whole = counted.filter(({ extents, isLeast }) => extents !== null && !isLeast);
  const metrics = new Map(before.metrics.map((metric) => [metric.id, metric]));
  const values: Record<string, number> = {};
  for (const { path, extents } of whole) {
    const id = idOf(path);
    if (!metrics.has(id) && metrics.size >= MOST_FILES) continue;
    if (!metrics.has(id)) metrics.set(id, describe(id, path, metrics.size + 1));
    values[id] = extents ?? 0;
  }
  const lastMs = before.samples.at(-1)?.realMs ?? Number.NEGATIVE_INFINITY;
  const samples = atMs > lastMs ? [...before.samples, { realMs: atMs, values }] : before.samples;
  return { metrics: [...metrics.values()], samples: samples.slice(-MAX_REPORTS) };
};

/** Stays the same from report to report, and says nothing of the name. */
const idOf = (path: string): string =>
  `${EXTENTS_SERIES}${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;

const describe = (id: string, path: string, number: number): MetricDescriptor => ({
  ...{ id, probe: 'host', scope: 'host', kind: 'gauge', unit: 'count' },
  label: `extents ${number}`,
  help: describeExtents(path).slice(0, 2_000),
  lane: true,
});

export const headerOfSeries = (
  { metrics, samples }: Series,
  host: HostIdentity,
  version: string,
): HeaderRecord => {
  const gaps = samples
    .slice(1)
    .map(({ realMs }, index) => realMs - (samples[index]?.realMs ?? 0))
    .sort((a, b) => a - b);
  return {
    ...{ type: 'header', format: RECORDING_FORMAT, version: RECORDING_VERSION },
    tool: { name: 'stallscope', version },
    host,
    bpftrace: null,
    clock: { bootUs: FIRST_BOOT_US, realMs: samples[0]?.realMs ?? 0 },
    intervalMs: Math.max(1, Math.round(gaps[gaps.length >> 1] ?? DAY_MS)),
    mapKeys: 1,
    selection: { pids: [], comm: null, command: null },
    imported: {
      from: SERIES_FROM,
      notes: ['a sample for each report; nothing is known of the time between'],
    },
    probes: [],
    metrics,
  };
};

const NO_COST: SampleRecord['self'] = {
  ...{ cpuMs: 0, rssBytes: 0, tracerCpuMs: 0 },
  ...{ tracerRssBytes: 0, mapBytes: 0 },
};

export const recordsOfSeries = ({ samples }: Series): readonly StreamRecord[] => {
  const bootOf = (realMs: number): number =>
    FIRST_BOOT_US + Math.round((realMs - (samples[0]?.realMs ?? 0)) * 1000);
  return [
    ...samples.map(
      ({ realMs, values }, seq): SampleRecord => ({
        ...{ type: 'sample', seq, bootUs: bootOf(realMs), epoch: 0 },
        ...{ counted: false, full: false, counters: {}, host: values, self: NO_COST },
      }),
    ),
    {
      type: 'trailer',
      bootUs: bootOf(samples.at(-1)?.realMs ?? 0),
      reason: 'all reports',
      samples: samples.length,
      records: samples.length + 2,
    },
  ];
};
