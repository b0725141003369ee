/** `stallscope redact`: a copy of a recording that can be passed on. */
import { setImmediate } from 'node:timers/promises';
import { checkpointOf, restoreState } from '../core/checkpoint.ts';
import { fold } from '../core/fold.ts';
import type { StreamRecord } from '../core/record.ts';
import { createRedactor, type Redactor } from '../core/redact.ts';
import { createState, type SessionState } from '../core/state.ts';
import { failure } from '../errors.ts';
import type { Recording } from '../session/ports.ts';
import { createRecorder, type Recorder } from '../sinks/recorder.ts';
import { filesOf } from '../sources/recorded/files.ts';
import { segmentName } from '../wire/segment-name.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { readRecording } from './read-recording.ts';
import { invokerOf } from './trace.ts';

export type RedactOptions = { readonly file: string; readonly output: string; readonly force: boolean };

export const redact = async (context: Context, options: RedactOptions): Promise<number> => {
  const redactor = createRedactor();
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
      if (problem !== null) throw failure('E_OUTPUT_CREATE', { path, why: problem });
    } finally {
      recording.close();
    }
  }
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  context.stderr.write(
    `stallscope: wrote ${options.output} without host, process and user names, command lines and paths\n`,
  );
  return 0;
};

/** False when it was interrupted. */
const copy = async (
  context: Context,
  recording: Recording,
  redactor: Redactor,
  recorder: Recorder,
): Promise<boolean> => {
  const header = redactor.header(recording.header);
  const base = recording.resumesAt(0) ? recording.checkpointAt(0) : null;
  const parts = base?.parts.map((part) => redactor.checkpoint(part));
  const state: SessionState = (parts && restoreState(header, parts)) ?? createState(header);
  state.unwatched = true;
  recorder.begin(header, () => checkpointOf(state));
  const marks = [...recording.addedMarks()];
  const put = (record: StreamRecord): void => {
    const redacted = redactor.record(record);
    recorder.write(redacted);
    fold(state, redacted);
  };
  const putMarks = (upToUs: number): void => {
    for (let mark = marks[0]; mark !== undefined && mark.bootUs <= upToUs; mark = marks[0]) {
      marks.shift();
      put({ type: 'mark', ...mark });
    }
  };
  for (let number = 0; number < recording.samples(); number += 1) {
    for (const record of recording.recordsOf(number)) {
      if (record.type === 'sample') putMarks(record.bootUs);
      put(record);
    }
    if (number % 16 === 15) await setImmediate();
    await recorder.room();
    if (context.interruption.reason() !== null) break;
  }
  putMarks(Number.POSITIVE_INFINITY);
  for (const record of recording.tail()) put(record);
  await recorder.end();
  return context.interruption.reason() === null;
};
