/** `stallscope replay` and `demo`: the same screen with a position in time, or NDJSON. */
import { setImmediate } from 'node:timers/promises';
import { createPlayback } from '../session/play.ts';
import type { Recording } from '../session/ports.ts';
import { createCursor } from '../session/replay.ts';
import { createSnapshotStore } from '../session/store.ts';
import { endLine, intervalLine, sessionLine } from '../views/report/interval.ts';
import { whyNoScreen } from '../views/tui/can-show.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric, IDENTITY_COLUMNS } from './metric.ts';
import { createLineWriter } from './print.ts';
import { readMoment, readRecording } from './read-recording.ts';

export type ReplayOptions = {
  readonly file: string;
  readonly from: string | null;
  /** null for the default: real time on a screen, as fast as it goes as lines. */
  readonly speed: number | null;
  readonly json: boolean;
  /** Go on with a recording that is still being written. */
  readonly follow: boolean;
  /** What to order the processes by; null for where most time goes. */
  readonly sort: string | null;
};

export const replay = async (context: Context, options: ReplayOptions): Promise<number> => {
  const recording = await readRecording(options.file, { growing: options.follow });
  try {
    const sort = checkMetric(options.sort, [
      ...recording.header.metrics.map(({ id }) => id),
      ...IDENTITY_COLUMNS,
    ]);
    const fromUs = options.from === null ? null : readMoment(recording, options.from);
    const asLines = options.json || whyNoScreen(context) !== null;
    return asLines
      ? await replayLines(context, recording, fromUs, options)
      : await replayScreen(context, recording, fromUs, { ...options, sort });
  } finally {
    recording.close();
  }
};

const replayScreen = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  options: Pick<ReplayOptions, 'speed' | 'file' | 'follow'> & { readonly sort: string | undefined },
): Promise<number> => {
  const { showScreen } = await import('../views/tui/show-screen.tsx');
  const store = createSnapshotStore();
  const { follow } = options;
  const playback = createPlayback({
    recording,
    store,
    fromUs,
    speed: options.speed ?? 1,
    playing: true,
    follow,
  });
  const screen = showScreen({
    store,
    mode: 'replay',
    sort: options.sort,
    playback,
    title: options.file,
    stdin: context.stdin,
    stdout: context.stdout,
    env: context.env,
  });
  context.interruption.onRequest(() => screen.close());
  const how = await screen.done;
  playback.close();
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  return how === 'interrupted' ? EXIT_OF.SIGINT : 0;
};

const replayLines = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  { speed, follow }: Pick<ReplayOptions, 'speed' | 'follow'>,
): Promise<number> => {
  const writer = createLineWriter(context.stdout);
  const cursor = createCursor(recording);
  const first = fromUs === null ? 0 : recording.sampleAt(fromUs);
  const firstUs = recording.samples() === 0 ? 0 : recording.timeOf(first);
  const startedAtMs = performance.now();
  writer.write(sessionLine(recording.header));
  for (let sample = first; context.interruption.reason() === null; sample += 1) {
    if (sample >= recording.samples() && !(follow && (await growth(recording, sample, context)))) break;
    const sinceFirstMs = (recording.timeOf(sample) - firstUs) / 1000;
    if (!follow) await waitUntil(startedAtMs + sinceFirstMs / (speed ?? Number.POSITIVE_INFINITY), context);
    writer.write(intervalLine(cursor.moveTo(sample)));
    while (writer.isBehind() && context.interruption.reason() === null) await setImmediate();
  }
  const signal = context.interruption.reason();
  if (signal === null) writer.write(endLine(cursor.moveTo(recording.samples())));
  await writer.end();
  return signal === null ? 0 : EXIT_OF[signal];
};

const FOLLOW_MS = 200;

/** Waits for sample `number`; false when the recording has ended without it. */
const growth = async (recording: Recording, number: number, context: Context): Promise<boolean> => {
  while (recording.samples() <= number) {
    if (recording.tail().some(({ type }) => type === 'trailer')) return false;
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    if (context.interruption.reason() !== null) return false;
    recording.refresh();
  }
  return true;
};

/** Waits in steps short enough to notice an interruption. */
const waitUntil = async (atMs: number, context: Context): Promise<void> => {
  for (;;) {
    const leftMs = atMs - performance.now();
    if (leftMs <= 0 || context.interruption.reason() !== null) return setImmediate();
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 100)));
  }
};
