/** `stallscope mark`: a word about a moment, set beside a recording, also while it is being written. */
import { bootUsAt, realMsAt } from '../core/clock.ts';
import { failure } from '../errors.ts';
import { appendMark } from '../recording/read/marks.ts';
import { openRecording } from '../recording/read/recording.ts';
import { clockTime } from '../screen/format/numbers.ts';
import type { Recording } from '../session/ports.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { readMoment } from './read-recording.ts';
import { say } from './say.ts';

export type MarkOptions = {
  readonly file: string;
  readonly text: string;
  /** When; null for now. */
  readonly at: string | null;
};

const MAX_TEXT = 4_096;

export const mark = async (context: Context, options: MarkOptions): Promise<number> => {
  const recording = context.interruption.atOnce(() => openRecording(options.file, { growing: true }));
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
    say(context, `marked ${clockTime(realMsAt(clock, bootUs))} "${options.text}"`);
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
      fact: `${why}: give the time: --at TIME.`,
      command: 'stallscope mark',
    });
  };
  if (recording.tail().some(({ type }) => type === 'trailer')) return refuse('The recording has ended');
  const nowUs = bootUsAt(clock, Date.now());
  const stillMs = Math.max(STILL_MS, STILL_INTERVALS * intervalMs);
  if (nowUs - recording.endUs() > stillMs * 1000) return refuse('The recording is no longer being written');
  return nowUs;
};
