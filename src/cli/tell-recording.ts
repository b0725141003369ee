/** What was written, what is missing in it, and how to look at it. */
import type { Recorder } from '../sinks/recorder.ts';
import { bytes } from '../views/format.ts';
import type { Context } from './context.ts';

export const tellRecording = (context: Context, recorder: Recorder | null): void => {
  if (recorder === null) return;
  const { bytes: size, records, dropped, problem } = recorder.status();
  const missing = dropped > 0 ? `, ${dropped} records dropped (slow disk)` : '';
  context.stderr.write(`stallscope: wrote ${recorder.path}: ${records} records, ${bytes(size)}${missing}\n`);
  if (problem !== null) context.stderr.write(`stallscope: ${problem}\n`);
  context.stderr.write(`  Look at it: stallscope replay ${recorder.path}\n`);
};
