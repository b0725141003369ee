/** What was written, what is missing in it, and how to look at it. */
import { failure } from '../errors.ts';
import type { Recorder } from '../recording/write/recorder.ts';
import { bytes } from '../screen/format/numbers.ts';
import type { Context } from './context.ts';
import { printError } from './print-error.ts';
import { say } from './say.ts';

export const printRecording = (context: Context, recorder: Recorder | null): void => {
  if (recorder === null) return;
  const { bytes: size, records, dropped, problem } = recorder.status();
  const missing = dropped > 0 ? `, ${dropped} records dropped (slow disk)` : '';
  const written = `wrote ${recorder.path}: ${records} records, ${bytes(size)}${missing}`;
  const next = `Look at it: stallscope replay ${recorder.path}`;
  say(context, written, ...(problem === null ? [next] : []));
  if (problem !== null)
    printError(failure('E_RECORDING_CUT', { path: recorder.path, why: problem }), context.stderr);
};
