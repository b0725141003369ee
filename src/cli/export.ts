/** `stallscope export`: a recording, or a stretch of it, in the format of another tool. */
import { setImmediate } from 'node:timers/promises';
import { between } from '../core/between.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { MAX_ENTITIES } from '../core/state.ts';
import { failure } from '../errors.ts';
import { ALL, leadersOf } from '../export/chosen.ts';
import type { Chunk, Encoder, End } from '../export/encoder.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { bytes } from '../screen/format/numbers.ts';
import { type Cursor, createCursor } from '../session/cursor.ts';
import type { Recording } from '../session/ports.ts';
import type { Context } from './context.ts';
import { FORMATS, type Format } from './export-formats.ts';
import { openTarget, refuseTarget, type Target } from './export-target.ts';
import { EXIT_OF } from './interruption.ts';
import { readMoment, readRecording } from './read-recording.ts';
import { say } from './say.ts';
import { inSteps, unlessInterrupted } from './steps.ts';

export type ExportOptions = {
  readonly file: string;
  readonly format: string;
  /** null: stdout. */
  readonly output: string | null;
  readonly force: boolean;
  /** A stretch of the recording; null for its beginning and its end. */
  readonly from: string | null;
  readonly to: string | null;
  /** So many processes are listed, the others summed; null for all. */
  readonly top: number | null;
};

export const exportRecording = async (context: Context, options: ExportOptions): Promise<number> => {
  const format = formatOf(options.format);
  refuseTarget(context, options, format.isBinary);
  const recording = await readRecording(context, options.file);
  try {
    const stretch = stretchOf(recording, options);
    const encoder = await encoderFor(context, { recording, stretch, format, options });
    const isWhole = encoder !== null && (await writeAll(context, { recording, stretch, encoder, options }));
    return isWhole ? 0 : EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
  } finally {
    recording.close();
  }
};

const formatOf = (name: string): Format => {
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format !== undefined) return format;
  throw failure('E_USAGE', {
    fact: `There is no format "${name}": ${Object.keys(FORMATS).join(', ')}.`,
    command: 'stallscope export',
  });
};

/** Numbers of samples: what comes after `first`, up to and including `last`; null: from the beginning, and to the end. */
type Stretch = { readonly first: number | null; readonly last: number | null };

const stretchOf = (recording: Recording, { from, to }: ExportOptions): Stretch => {
  const first = from === null ? null : recording.sampleAt(readMoment(recording, from));
  const last = to === null ? null : recording.sampleAt(readMoment(recording, to));
  if (first !== null && (last ?? recording.samples()) <= first)
    throw failure('E_TIME', { value: to ?? from ?? '', why: 'the stretch ends before it begins' });
  return { first, last };
};

type Asked = {
  readonly recording: Recording;
  readonly stretch: Stretch;
  readonly options: ExportOptions;
};

/** Goes through the recording once before, where the format has to know how it ends; null when we were asked to end. */
const encoderFor = async (
  context: Context,
  { recording, stretch, format, options }: Asked & { readonly format: Format },
): Promise<Encoder | null> => {
  const isPart = stretch.first !== null || stretch.last !== null;
  const plan = { header: recording.header, isPart, file: options.file };
  if (!format.needsEnd && options.top === null)
    return format.create({ ...plan, chosen: ALL, from: startOf(context, recording, stretch) }, null);
  const cursor = cursorOver(recording, stretch, true);
  let number = stretch.first ?? 0;
  const from = stretch.first === null ? null : context.interruption.atOnce(() => cursor.moveTo(number));
  const last = stretch.last ?? recording.samples();
  const isWhole = await inSteps(context, () => {
    cursor.foldTo(number);
    number += 1;
    return number < last;
  });
  if (!isWhole) return null;
  const end = context.interruption.atOnce(() => endOf(cursor.moveTo(last), from, recording));
  const { findings } = end.snapshot.insight;
  const chosen = options.top === null ? ALL : leadersOf(end.stretch, findings, options.top);
  return format.create({ ...plan, chosen, from }, end);
};

const startOf = (context: Context, recording: Recording, stretch: Stretch): Snapshot | null =>
  stretch.first === null
    ? null
    : context.interruption.atOnce(() => cursorOver(recording, stretch, false).moveTo(stretch.first ?? 0));

/** From the beginning all is folded, and who ended long ago keeps a row; a stretch is entered at a checkpoint. */
const cursorOver = (recording: Recording, { first }: Stretch, watched: boolean): Cursor =>
  createCursor(recording, first === null ? { watched, exact: true, endedRows: MAX_ENTITIES } : { watched });

/** Whether the recording is whole does not depend on which stretch of it is looked at. */
const endOf = (snapshot: WatchedSnapshot, from: Snapshot | null, recording: Recording): End => {
  const trailer = recording.tail().find((record) => record.type === 'trailer') ?? null;
  const stretch = from === null ? snapshot : between(from, snapshot);
  return { snapshot, stretch: { ...stretch, ended: trailer } };
};

const STRETCH_MS = 50;

/** False when we were asked to end before: nothing of it is left then. */
const writeAll = async (
  context: Context,
  { recording, stretch, encoder, options }: Asked & { readonly encoder: Encoder },
): Promise<boolean> => {
  const target = openTarget(context, options);
  try {
    const count = recording.samples();
    const last = Math.min(stretch.last ?? count, count - 1);
    const cursor = cursorOver(recording, stretch, FORMATS[options.format]?.watches === true);
    const from = stretch.first === null ? null : cursor.moveTo(stretch.first);
    put(target, encoder.begin());
    for (let number = (stretch.first ?? -1) + 1; number <= last; ) {
      const untilMs = performance.now() + STRETCH_MS;
      for (; number <= last && performance.now() < untilMs && !target.isBehind(); number += 1)
        put(target, encoder.sample(cursor.moveTo(number)));
      await setImmediate();
      if (context.interruption.reason() !== null) return false;
      if (target.isBehind()) await unlessInterrupted(context, target.room());
    }
    put(target, encoder.end(endOf(cursor.moveTo(stretch.last ?? count), from, recording)));
    if (options.output !== null) say(context, `wrote ${options.output}: ${bytes(target.finish())}`);
    return context.interruption.reason() === null;
  } finally {
    target.close();
  }
};

const put = (target: Target, chunks: readonly Chunk[]): void => {
  for (const chunk of chunks) target.write(chunk);
};
