/** `stallscope compare`: what is different after a moment, or in another recording. */

import { realMsAt } from '../core/clock.ts';
import type { MetricDescriptor, MetricUnit } from '../core/metric.ts';
import { isBreakdown } from '../core/metric.ts';
import { mostPerSecond, rateOf } from '../core/rate.ts';
import { processRate } from '../core/stretch.ts';
import { failure } from '../errors.ts';
import { type Change, compareSides } from '../insight/compare.ts';
import { addToPeriod, createPeriod, endSample, KEY_SEPARATOR, type Period } from '../insight/period.ts';
import { changeLines, changesObject, type Stretch } from '../report/compare.ts';
import { createCursor } from '../session/cursor.ts';
import { marksOf } from '../session/marks.ts';
import type { Recording } from '../session/ports.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { readDuration } from './options.ts';
import { readMoment, readRecording } from './read-recording.ts';
import { inSteps } from './steps.ts';

export type CompareOptions = {
  /** One recording, or two. */
  readonly files: readonly string[];
  /** The moment: a mark's text, or a time. */
  readonly mark: string | null;
  readonly at: string | null;
  /** How much of either side is looked at; null for all. */
  readonly window: string | null;
  readonly json: boolean;
};

/** In all of a side, no more than nothing: one event, a page, a millisecond. */
const leastOf = (unit: MetricUnit | undefined): number => LEAST[unit ?? 'count'] ?? 1;
const LEAST: Readonly<Partial<Record<MetricUnit, number>>> = {
  bytes: 4096,
  KiB: 4,
  ns: 1e6,
  us: 1e3,
  percent: 1,
};

const metricOf = (key: string): string => key.slice(0, key.indexOf(KEY_SEPARATOR));

const YEAR_MS = 365 * 86_400_000;

export const compare = async (context: Context, options: CompareOptions): Promise<number> => {
  const [first = '', second] = options.files;
  const windowUs = windowOf(options.window);
  const recordings = [await readRecording(context, first)];
  try {
    if (second !== undefined) recordings.push(await readRecording(context, second));
    // Marks stand anywhere in it.
    const [a, b] = context.interruption.atOnce(() =>
      second === undefined ? around(recordings, options, windowUs) : wholes(recordings, options),
    );
    const metrics = metricsOf(recordings);
    const reported = await comparedOf(context, [a, b], metrics, second !== undefined);
    if (reported === null) return EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
    if (options.json)
      context.out.json(changesObject(reported.before, reported.after, reported.changes, metrics));
    else context.out.lines(changeLines(reported.before, reported.after, reported.changes, metrics));
    return 0;
  } finally {
    for (const recording of recordings) recording.close();
  }
};

const windowOf = (window: string | null): number =>
  window === null ? Number.POSITIVE_INFINITY : readDuration('--window', window, 1, YEAR_MS) * 1000;

/** What one recording is divided at. */
export type Dividing = { readonly momentUs: number; readonly mark: string | null };

/** The moment that is asked for, or that of the only mark; null where neither is. */
export const momentOf = (
  recording: Recording,
  { mark, at }: Pick<CompareOptions, 'mark' | 'at'>,
): Dividing | null => {
  if (at !== null) return { momentUs: readMoment(recording, at), mark: null };
  const marks = marksOf(recording);
  if (mark === null && marks.length !== 1) return null;
  const momentUs = markOf(recording, mark);
  return { momentUs, mark: marks.find(({ bootUs }) => bootUs === momentUs)?.text ?? mark };
};

/** What is different after a moment of one recording; null when interrupted. */
export const compareAround = (
  context: Context,
  recording: Recording,
  { momentUs }: Dividing,
  window: string | null,
): Promise<Reported | null> =>
  comparedOf(context, partsAround(recording, momentUs, windowOf(window)), metricsOf([recording]), false);

/** Of two recordings processes are known by their names. */
const comparedOf = async (
  context: Context,
  [a, b]: readonly [Part, Part],
  metrics: ReadonlyMap<string, MetricDescriptor>,
  byName: boolean,
): Promise<Reported | null> => {
  const before = await seriesOf(context, a, byName);
  const after = before === null ? null : await seriesOf(context, b, byName);
  if (before === null || after === null) return null;
  const changes = context.interruption.atOnce(() =>
    compareSides(before, after, {
      adjoining: !byName,
      leastOf: (key) => leastOf(metrics.get(metricOf(key))?.unit),
    }),
  );
  return { before: stretchOf(a, before), after: stretchOf(b, after), changes };
};

type Reported = { readonly before: Stretch; readonly after: Stretch; readonly changes: readonly Change[] };

type Part = { readonly recording: Recording; readonly fromUs: number; readonly toUs: number };

const wholes = (recordings: readonly Recording[], options: CompareOptions): [Part, Part] => {
  if (options.mark !== null || options.at !== null) {
    throw failure('E_USAGE', {
      fact: '--mark and --at divide one recording; two are compared whole.',
      command: 'stallscope compare',
    });
  }
  const part = (recording: Recording): Part => ({ recording, fromUs: 0, toUs: recording.endUs() });
  const [a, b] = recordings;
  return [part(a as Recording), part(b as Recording)];
};

const around = (
  recordings: readonly Recording[],
  options: CompareOptions,
  windowUs: number,
): [Part, Part] => {
  const recording = recordings[0] as Recording;
  const momentUs = options.at === null ? markOf(recording, options.mark) : readMoment(recording, options.at);
  return partsAround(recording, momentUs, windowUs);
};

const partsAround = (recording: Recording, momentUs: number, windowUs: number): [Part, Part] => [
  { recording, fromUs: momentUs - windowUs, toUs: momentUs },
  { recording, fromUs: momentUs, toUs: Math.min(recording.endUs(), momentUs + windowUs) },
];

const markOf = (recording: Recording, text: string | null): number => {
  const marks = marksOf(recording);
  const found =
    text === null
      ? marks.length === 1
        ? marks[0]
        : undefined
      : marks.find((mark) => mark.text.includes(text));
  if (found !== undefined) return found.bootUs;
  const fact =
    text === null
      ? `Before and after what? The recording has ${marks.length} marks: give --mark TEXT or --at TIME.`
      : `No mark holds "${text}".`;
  throw failure('E_USAGE', { fact, command: 'stallscope compare' });
};

const metricsOf = (recordings: readonly Recording[]): ReadonlyMap<string, MetricDescriptor> =>
  new Map(recordings.flatMap(({ header }) => header.metrics.map((metric) => [metric.id, metric] as const)));

const stretchOf = ({ recording, fromUs, toUs }: Part, { samples, leftOut }: Period): Stretch => {
  const { clock } = recording.header;
  const realMs = (bootUs: number): number => realMsAt(clock, Math.max(bootUs, clock.bootUs));
  return {
    fromMs: realMs(fromUs),
    toMs: realMs(toUs),
    samples,
    leftOut,
    host: recording.header.host.hostname,
  };
};

/** Rates and levels, sample by sample; of two recordings processes are known by their names, for PIDs mean nothing. */
const seriesOf = async (
  context: Context,
  { recording, fromUs, toUs }: Part,
  byName: boolean,
): Promise<Period | null> => {
  // What a histogram counts, its metric does.
  const kinds = new Map(
    recording.header.metrics.map((metric) => [metric.id, isBreakdown(metric) ? 'max' : metric.kind]),
  );
  const cursor = createCursor(recording, { watched: false });
  const side = createPeriod();
  const first = fromUs <= recording.timeOf(0) ? 1 : recording.sampleAt(fromUs) + 1;
  let number = first;
  /** False when it lies behind the end. */
  const addSample = (): boolean => {
    if (number >= recording.samples()) return false;
    const snapshot = cursor.moveTo(number);
    number += 1;
    if (snapshot.bootUs > toUs) return false;
    const { bootUs, intervalUs } = snapshot.counted;
    if (bootUs !== snapshot.bootUs || !(intervalUs > 0)) return true;
    for (const row of snapshot.rows) {
      const who = byName ? row.comm : `${row.pid} ${row.comm}`;
      for (const [metric, reading] of Object.entries(row.metrics)) {
        const kind = kinds.get(metric) ?? 'counter';
        if (kind === 'max') continue;
        if (kind === 'gauge' && row.endedBootUs !== null) continue;
        const value = kind === 'counter' ? processRate(snapshot, metric, reading.delta) : reading.total;
        if (value !== 0 && !Number.isNaN(value)) addToPeriod(side, metric + KEY_SEPARATOR + who, value);
      }
    }
    for (const [metric, reading] of Object.entries(snapshot.host)) {
      const isCounter = kinds.get(metric) === 'counter';
      const most = mostPerSecond(metric, snapshot.header);
      const value = isCounter ? rateOf(reading.delta, snapshot.hostIntervalUs, most) : reading.total;
      if (!Number.isNaN(value)) addToPeriod(side, metric + KEY_SEPARATOR, value);
    }
    endSample(side);
    return true;
  };
  return (await inSteps(context, addSample)) ? side : null;
};
