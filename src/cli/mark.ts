/** `stallscope mark`: a word about a moment, set beside a recording, also while it is being written. */
import { failure } from '../errors.ts';
import type { Recording } from '../session/ports.ts';
import { appendMark } from '../sources/recorded/marks.ts';
import { openRecording } from '../sources/recording.ts';
import { clean, clockTime } from '../views/format.ts';
import type { Context } from './context.ts';
import { readMoment } from './read-recording.ts';
import { invokerOf } from './trace.ts';

export type MarkOptions = {
  readonly file: string;
  readonly text: string;
  /** When; null for now. */
  readonly at: string | null;
};

const MAX_TEXT = 4_096;

export const mark = async (context: Context, options: MarkOptions): Promise<number> => {
  const recording = openRecording(options.file, { growing: true });
  try {
    const { clock } = recording.header;
    if (options.text.trim() === '' || options.text.length > MAX_TEXT) {
      throw failure('E_USAGE', {
        fact: `A mark has 1 to ${MAX_TEXT} characters.`,
        command: 'stallscope mark',
      });
    }
    const bootUs = options.at === null ? nowIn(recording) : readMoment(recording, options.at);
    const problem = appendMark(options.file, { bootUs, text: options.text }, invokerOf(context.env));
    if (problem !== null) throw failure('E_OUTPUT_CREATE', { path: `${options.file}.marks`, why: problem });
    const realMs = clock.realMs + (bootUs - clock.bootUs) / 1000;
    context.stderr.write(`stallscope: marked ${clockTime(realMs)} "${clean(options.text)}"\n`);
    return 0;
  } finally {
    recording.close();
  }
};

/** A recording that nothing was added to for so long is not being written, or not by a clock like ours. */
const STILL_MS = 60_000;
const STILL_INTERVALS = 3;

/** By the wall clock: whoever marks may be anywhere. A recording that has ended has no now. */
const nowIn = (recording: Recording): number => {
  const { clock, intervalMs } = recording.header;
  const refuse = (why: string): never => {
    throw failure('E_USAGE', {
      fact: `${why}: say which moment is meant, --at TIME.`,
      command: 'stallscope mark',
    });
  };
  if (recording.tail().some(({ type }) => type === 'trailer')) return refuse('The recording has ended');
  const nowUs = Math.round(clock.bootUs + (Date.now() - clock.realMs) * 1000);
  const stillMs = Math.max(STILL_MS, STILL_INTERVALS * intervalMs);
  if (nowUs - recording.endUs() > stillMs * 1000) return refuse('Nobody is writing the recording any more');
  return nowUs;
};
