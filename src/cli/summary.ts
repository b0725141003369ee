/** `stallscope summary`: a recording, or a stretch of it, on one page or as one JSON object. */
import { between } from '../core/between.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { MAX_ENTITIES } from '../core/state.ts';
import { failure } from '../errors.ts';
import { summaryObject } from '../report/summary/object.ts';
import { summaryLines } from '../report/summary/page.ts';
import { createCursor } from '../session/cursor.ts';
import type { Recording } from '../session/ports.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric, sortNames } from './metric.ts';
import { foldThrough, readMoment, readRecording } from './read-recording.ts';

export type SummaryOptions = {
  readonly file: string;
  readonly json: boolean;
  readonly sort: string | null;
  /** A stretch of the recording; null for its beginning and its end. */
  readonly from: string | null;
  readonly to: string | null;
};

export const summary = async (context: Context, options: SummaryOptions): Promise<number> => {
  const recording = await readRecording(context, options.file);
  try {
    const sort = checkMetric(options.sort, sortNames(recording.header.metrics));
    const snapshot =
      options.from === null && options.to === null
        ? await whole(context, recording)
        : context.interruption.atOnce(() => stretch(recording, options));
    if (snapshot === null) return EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
    if (options.json) context.out.json(summaryObject(snapshot));
    else context.out.lines(summaryLines(snapshot, options.file, sort));
    return 0;
  } finally {
    recording.close();
  }
};

/** Every line is read, and every checksum looked at; who ended long ago is listed too. */
const whole = async (context: Context, recording: Recording): Promise<Snapshot | null> => {
  const cursor = await foldThrough(context, recording, { watched: false, endedRows: MAX_ENTITIES });
  return cursor === null ? null : context.interruption.atOnce(() => cursor.moveTo(recording.samples()));
};

/** From the last sample at or before the one time to the last at or before the other. */
const stretch = (recording: Recording, { from, to }: SummaryOptions): Snapshot => {
  const count = recording.samples();
  const first = from === null ? null : recording.sampleAt(readMoment(recording, from));
  const last = to === null ? count : recording.sampleAt(readMoment(recording, to));
  if (first !== null && last <= first) {
    throw failure('E_TIME', { value: to ?? from ?? '', why: 'the stretch ends before it begins' });
  }
  const cursor = createCursor(recording, { watched: false });
  const earlier = first === null ? null : cursor.moveTo(first);
  const later = cursor.moveTo(last);
  // Whether the recording is complete does not depend on which stretch of it is looked at.
  const ended = recording.tail().find((record) => record.type === 'trailer') ?? null;
  return { ...(earlier === null ? later : between(earlier, later)), ended };
};
