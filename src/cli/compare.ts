/** `stallscope compare`: what is different after a moment, or in another recording. */
import { type Change, compareSides } from '../core/compare.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import { addToSide, createSide, endSample, KEY_SEPARATOR, type Side } from '../core/side.ts';
import { failure } from '../errors.ts';
import type { Recording } from '../session/ports.ts';
import { createCursor } from '../session/replay.ts';
import { changeLines, changesObject, type Stretch } from '../views/report/compare.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { readDuration } from './options.ts';
import { printLines } from './print.ts';
import { readMoment, readRecording } from './read-recording.ts';

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

const YEAR_MS = 365 * 86_400_000;

export const compare = async (context: Context, options: CompareOptions): Promise<number> => {
  const [first = '', second] = options.files;
  const windowUs =
    options.window === null
      ? Number.POSITIVE_INFINITY
      : readDuration('--window', options.window, 1, YEAR_MS) * 1000;
  const recordings = [await readRecording(context, first)];
  try {
    if (second !== undefined) recordings.push(await readRecording(context, second));
    const [a, b] = second === undefined ? around(recordings, options, windowUs) : wholes(recordings, options);
    const byName = second !== undefined;
    const before = await seriesOf(context, a, byName);
    const after = before === null ? null : await seriesOf(context, b, byName);
    if (before === null || after === null) return EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
    const changes = compareSides(before, after);
    const metrics = metricsOf(recordings);
    const told: Told = { before: stretchOf(a, before), after: stretchOf(b, after), changes };
    printLines(
      context.stdout,
      options.json
        ? [JSON.stringify(changesObject(told.before, told.after, told.changes, metrics))]
        : changeLines(told.before, told.after, told.changes, metrics),
    );
    return 0;
  } finally {
    for (const recording of recordings) recording.close();
  }
};

type Told = { readonly before: Stretch; readonly after: Stretch; readonly changes: readonly Change[] };

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
  return [
    { recording, fromUs: momentUs - windowUs, toUs: momentUs },
    { recording, fromUs: momentUs, toUs: Math.min(recording.endUs(), momentUs + windowUs) },
  ];
};

const markOf = (recording: Recording, text: string | null): number => {
  const marks = recording.marks();
  const found =
    text === null
      ? marks.length === 1
        ? marks[0]
        : undefined
      : marks.find((mark) => mark.text.includes(text));
  if (found !== undefined) return found.bootUs;
  const fact =
    text === null
      ? `Say before and after what: the recording has ${marks.length} marks; --mark TEXT or --at TIME.`
      : `No mark holds "${text}".`;
  throw failure('E_USAGE', { fact, command: 'stallscope compare' });
};

const metricsOf = (recordings: readonly Recording[]): ReadonlyMap<string, MetricDescriptor> =>
  new Map(recordings.flatMap(({ header }) => header.metrics.map((metric) => [metric.id, metric] as const)));

const stretchOf = ({ recording, fromUs, toUs }: Part, { samples, leftOut }: Side): Stretch => {
  const { clock } = recording.header;
  const realMs = (bootUs: number): number =>
    clock.realMs + (Math.max(bootUs, clock.bootUs) - clock.bootUs) / 1000;
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
): Promise<Side | null> => {
  const kinds = new Map(recording.header.metrics.map(({ id, kind }) => [id, kind]));
  const cursor = createCursor(recording, { unwatched: true });
  const side = createSide();
  const first = fromUs <= recording.timeOf(0) ? 1 : recording.sampleAt(fromUs) + 1;
  for (let number = first; number < recording.samples(); number += 1) {
    const snapshot = cursor.moveTo(number);
    if (snapshot.bootUs > toUs) break;
    if (number % 32 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    if (context.interruption.reason() !== null) return null;
    const seconds = snapshot.counted.intervalUs / 1e6;
    if (snapshot.counted.bootUs !== snapshot.bootUs || !(seconds > 0)) continue;
    for (const row of snapshot.rows) {
      const who = byName ? row.comm : `${row.pid} ${row.comm}`;
      for (const [metric, reading] of Object.entries(row.metrics)) {
        const kind = kinds.get(metric) ?? 'counter';
        if (kind === 'max') continue;
        if (kind === 'gauge' && row.endedBootUs !== null) continue;
        const value = kind === 'counter' ? reading.delta / seconds : reading.total;
        if (value !== 0) addToSide(side, metric + KEY_SEPARATOR + who, value);
      }
    }
    for (const [metric, reading] of Object.entries(snapshot.host)) {
      const intervalS = snapshot.intervalUs / 1e6;
      const value = kinds.get(metric) === 'counter' ? reading.delta / intervalS : reading.total;
      addToSide(side, metric + KEY_SEPARATOR, value);
    }
    endSample(side);
  }
  return side;
};
