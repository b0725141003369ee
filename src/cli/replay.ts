/** `stallscope replay` and `demo`: the same screen with a position in time, or NDJSON. */
import { setImmediate } from 'node:timers/promises';
import { failure } from '../errors.ts';
import { lookAhead } from '../session/overview.ts';
import type { Recording } from '../session/ports.ts';
import { createCursor, createPlayback, sampleAt } from '../session/replay.ts';
import { createSnapshotStore } from '../session/store.ts';
import { openRecording } from '../sources/recording.ts';
import { parseMoment } from '../views/moment.ts';
import { endLine, intervalLine, sessionLine } from '../views/report/interval.ts';
import type { ThemeName } from '../views/tui/theme.ts';
import { readConfig } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric, IDENTITY_COLUMNS } from './metric.ts';
import { faceOf, tellPlainly } from './plain.ts';
import { createLineWriter } from './print.ts';

export type ReplayOptions = {
  readonly file: string;
  readonly from: string | null;
  /** null for the default: real time on a screen, as fast as it goes as lines. */
  readonly speed: number | null;
  readonly json: boolean;
  readonly plain: boolean;
  /** Of the screen; null for the user's, or the terminal's. */
  readonly theme: ThemeName | null;
  /** What to order the processes by; null for where most time goes. */
  readonly sort: string | null;
};

export const replay = async (context: Context, options: ReplayOptions): Promise<number> => {
  const recording = openRecording(options.file);
  try {
    const sort = checkMetric(options.sort, [
      ...recording.header.metrics.map(({ id }) => id),
      ...IDENTITY_COLUMNS,
    ]);
    const fromUs = options.from === null ? null : readMoment(recording, options.from);
    const face = faceOf(context, options);
    if (face === 'screen') return await replayScreen(context, recording, fromUs, { ...options, sort });
    if (face === 'json') return await replayLines(context, recording, fromUs, options.speed);
    return replayPlainly(context, recording, fromUs, sort);
  } finally {
    recording.close();
  }
};

const readMoment = (recording: Recording, value: string): number => {
  const { clock } = recording.header;
  const endUs = recording.sampleTimesUs.at(-1) ?? clock.bootUs;
  const moment = parseMoment(value, { startUs: clock.bootUs, endUs, clock });
  if ('problem' in moment) throw failure('E_TIME', { value, why: moment.problem.replace(/\.$/, '') });
  return moment.bootUs;
};

const replayScreen = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  options: Pick<ReplayOptions, 'speed' | 'file' | 'theme'> & { readonly sort: string | undefined },
): Promise<number> => {
  const config = readConfig(context.env);
  const { showScreen } = await import('../views/tui/show-screen.tsx');
  const store = createSnapshotStore();
  const playback = createPlayback({ recording, store, fromUs, speed: options.speed ?? 1, playing: true });
  const overview = createSnapshotStore();
  const stopLooking = lookAhead(recording, overview);
  const screen = showScreen({
    store,
    overview,
    mode: 'replay',
    sort: options.sort,
    playback,
    title: options.file,
    exportView: exportTo(process.cwd(), context.env),
    keys: config.keys,
    theme: options.theme ?? config.theme ?? undefined,
    stdin: context.stdin,
    stdout: context.stdout,
    env: context.env,
  });
  context.interruption.onRequest(() => screen.close());
  const how = await screen.done;
  stopLooking();
  playback.close();
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  return how === 'interrupted' ? EXIT_OF.SIGINT : 0;
};

/** As fast as it can be read: whoever listens does not want to wait. */
const replayPlainly = (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  sort: string | undefined,
): number => {
  const tell = tellPlainly(context, 'replay', sort);
  const cursor = createCursor(recording);
  const times = recording.sampleTimesUs;
  const first = fromUs === null ? 0 : sampleAt(times, fromUs);
  for (let sample = first; sample < times.length && context.interruption.reason() === null; sample += 1)
    tell(cursor.moveTo(sample === times.length - 1 ? times.length : sample));
  const signal = context.interruption.reason();
  return signal === null ? 0 : EXIT_OF[signal];
};

const replayLines = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  speed: number | null,
): Promise<number> => {
  const writer = createLineWriter(context.stdout);
  const cursor = createCursor(recording);
  const times = recording.sampleTimesUs;
  const first = fromUs === null ? 0 : sampleAt(times, fromUs);
  const startedAtMs = performance.now();
  writer.write(sessionLine(recording.header));
  for (let sample = first; sample < times.length && context.interruption.reason() === null; sample += 1) {
    const sinceFirstMs = ((times[sample] ?? 0) - (times[first] ?? 0)) / 1000;
    await waitUntil(startedAtMs + sinceFirstMs / (speed ?? Number.POSITIVE_INFINITY), context);
    writer.write(intervalLine(cursor.moveTo(sample)));
    while (writer.isBehind() && context.interruption.reason() === null) await setImmediate();
  }
  const signal = context.interruption.reason();
  if (signal === null) writer.write(endLine(cursor.moveTo(times.length)));
  await writer.end();
  return signal === null ? 0 : EXIT_OF[signal];
};

/** Waits in steps short enough to notice an interruption. */
const waitUntil = async (atMs: number, context: Context): Promise<void> => {
  for (;;) {
    const leftMs = atMs - performance.now();
    if (leftMs <= 0 || context.interruption.reason() !== null) return setImmediate();
    await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 100)));
  }
};
