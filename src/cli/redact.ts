/** `stallscope redact`: a copy of a recording that can be passed on. */
import { setImmediate } from 'node:timers/promises';
import type { StreamRecord } from '../core/record.ts';
import { failure } from '../errors.ts';
import { filesOf } from '../recording/read/files.ts';
import { createRedactor, type Redactor } from '../recording/redact.ts';
import { segmentName } from '../recording/segment-name.ts';
import { createRecorder, type Recorder } from '../recording/write/recorder.ts';
import type { Recording } from '../session/ports.ts';
import { checkpointOf, createSession, foldInto, restoreSession } from '../session/session.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { invokerOf } from './invoker.ts';
import { readRecording } from './read-recording.ts';
import { say } from './say.ts';
import { shippedNames } from './shipped.ts';

export type RedactOptions = { readonly file: string; readonly output: string; readonly force: boolean };

export const redact = async (context: Context, options: RedactOptions): Promise<number> => {
  const redactor = createRedactor(shippedNames());
  const files = options.file === '-' ? ['-'] : filesOf(options.file);
  for (const [number, file] of files.entries()) {
    const recording = await readRecording(context, file);
    try {
      const path =
        files.length === 1 ? options.output : segmentName(options.output, recording.header.segment ?? number);
      const recorder = createRecorder({
        path,
        overwrite: options.force,
        owner: invokerOf(context.env),
      });
      if (!(await copy(context, recording, redactor, recorder))) break;
      const { problem } = recorder.status();
      if (problem !== null) throw failure('E_RECORDING_CUT', { path, why: problem });
    } finally {
      recording.close();
    }
  }
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  say(context, `wrote ${options.output} without names, paths, command lines and texts of others`);
  return 0;
};

/** So that signals have their turn. */
const YIELD_RECORDS = 64;

/** False when it was interrupted. */
const copy = async (
  context: Context,
  recording: Recording,
  redactor: Redactor,
  recorder: Recorder,
): Promise<boolean> => {
  const header = redactor.header(recording.header);
  const base = recording.resumesAt(0) ? recording.anchorAt(0) : null;
  const parts = base?.parts.map((part) => redactor.checkpoint(part));
  const session = (parts && restoreSession(header, parts)) ?? createSession(header, { watched: false });
  recorder.begin(header, () => checkpointOf(session));
  const marks = [...recording.addedMarks()];
  const put = (record: StreamRecord): void => {
    const redacted = redactor.record(record);
    recorder.write(redacted);
    foldInto(session, redacted);
  };
  const putMarks = (upToUs: number): void => {
    for (let mark = marks[0]; mark !== undefined && mark.bootUs <= upToUs; mark = marks[0]) {
      marks.shift();
      put({ type: 'mark', ...mark });
    }
  };
  const { interruption } = context;
  let written = 0;
  const putAll = async (records: readonly StreamRecord[]): Promise<void> => {
    for (const record of records) {
      if (interruption.reason() !== null) return;
      if (record.type === 'sample') putMarks(record.bootUs);
      put(record);
      written += 1;
      if (written % YIELD_RECORDS === 0) await setImmediate();
    }
    await recorder.room();
  };
  for (let number = 0; number < recording.samples(); number += 1) {
    await setImmediate();
    if (interruption.reason() !== null) break;
    await putAll(interruption.atOnce(() => recording.recordsOf(number)));
  }
  putMarks(Number.POSITIVE_INFINITY);
  // A signal that came meanwhile has its turn before what may take long.
  await setImmediate();
  if (interruption.reason() === null) await putAll(interruption.atOnce(() => recording.tail()));
  await recorder.end();
  return context.interruption.reason() === null;
};
