/** `stallscope replay` and `demo`: the same screen with a position in time, or NDJSON. */
import { setImmediate } from 'node:timers/promises';
import { marksName } from '../recording/segment-name.ts';
import { endLine, intervalLine, sessionLine } from '../report/interval.ts';
import { type CursorOptions, createCursor } from '../session/cursor.ts';
import { lookAhead } from '../session/overview.ts';
import { playRecording } from '../session/play.ts';
import type { Recording } from '../session/ports.ts';
import { createSnapshotStore } from '../session/store.ts';
import type { ThemeName } from '../tui/theme.ts';
import { isBundled } from './bundled.ts';
import { readConfig } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric, sortNames } from './metric.ts';
import { faceOf, reportPlainly } from './plain.ts';
import { readMoment, readRecording } from './read-recording.ts';
import { rememberedColumns } from './remembered-columns.ts';
import { say } from './say.ts';
import { inSteps } from './steps.ts';

export type ReplayOptions = {
  readonly file: string;
  readonly from: string | null;
  /** null for the default: real time on a screen, as fast as it goes as lines. */
  readonly speed: number | null;
  readonly json: boolean;
  readonly plain: boolean;
  /** Of the screen; null for the user's, or the terminal's. */
  readonly theme: ThemeName | null;
  /** Go on with a recording that is still being written. */
  readonly follow: boolean;
  /** What to order the processes by; null for where most time goes. */
  readonly sort: string | null;
  /** What is usual is learnt for so long, and not from what comes after; null for all along. */
  readonly freezeAfterMs: number | null;
};

export const replay = async (context: Context, options: ReplayOptions): Promise<number> => {
  const recording = await readRecording(context, options.file, { growing: options.follow });
  try {
    const sort = checkMetric(options.sort, sortNames(recording.header.metrics));
    const fromUs = options.from === null ? null : readMoment(recording, options.from);
    const face = faceOf(context, options);
    if (face === 'screen') return await replayScreen(context, recording, fromUs, { ...options, sort });
    if (face === 'json') return await replayLines(context, recording, fromUs, options);
    return await replayPlainly(context, recording, fromUs, { ...options, sort });
  } finally {
    recording.close();
  }
};

/** What was learnt before the moment is in no checkpoint: everything is folded. */
const watchingOf = ({ freezeAfterMs }: Pick<ReplayOptions, 'freezeAfterMs'>): CursorOptions =>
  freezeAfterMs === null ? {} : { freezeAfterMs, exact: true };

const replayScreen = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  options: Pick<ReplayOptions, 'speed' | 'file' | 'theme' | 'follow' | 'freezeAfterMs'> & {
    readonly sort: string | undefined;
  },
): Promise<number> => {
  const config = readConfig(context.env);
  const columns = rememberedColumns(context.env);
  const { showScreen } = await import('../tui/show-screen.ts');
  const store = createSnapshotStore();
  const { follow } = options;
  const playback = playRecording({
    recording,
    store,
    fromUs,
    speed: options.speed ?? 1,
    playing: true,
    follow,
    watching: watchingOf(options),
  });
  const overview = createSnapshotStore();
  let marked = false;
  const stopLooking = lookAhead(recording, overview, watchingOf(options));
  const screen = showScreen({
    store,
    overview,
    mode: 'replay',
    sort: options.sort,
    playback,
    title: options.file,
    mark: markIn(options.file, playback.mark, () => {
      marked = true;
    }),
    exportView: exportTo(process.cwd(), context.env),
    keys: config.keys,
    mouse: config.mouse,
    columns,
    theme: options.theme ?? config.theme ?? undefined,
    stdin: context.stdin,
    stdout: context.stdout,
    env: context.env,
  });
  context.interruption.onRequest(() => screen.close());
  const how = await screen.done;
  for (const text of screen.copied()) context.out.lines(text.split('\n'));
  stopLooking();
  playback.close();
  if (marked) say(context, `marks are in ${marksName(options.file)}`);
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  return how === 'interrupted' ? EXIT_OF.SIGINT : 0;
};

/** Sets marks beside a recording, if there is such a place, and it is not where the tool is installed. */
export const markIn =
  (file: string, mark: (text: string) => string | null, onSet: () => void) =>
  (text: string): string | null => {
    if (file === '-') return 'what came through a pipe takes no marks';
    if (isBundled(file)) return 'a bundled recording takes no marks: replay a copy of it';
    const problem = mark(text);
    if (problem === null) onSet();
    return problem;
  };

/** As fast as it can be read: whoever listens does not want to wait. */
const replayPlainly = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  options: Pick<ReplayOptions, 'freezeAfterMs'> & { readonly sort: string | undefined },
): Promise<number> => {
  const report = reportPlainly(context, 'replay', options.sort);
  const cursor = createCursor(recording, watchingOf(options));
  const last = recording.samples() - 1;
  const first = fromUs === null ? 0 : recording.sampleAt(fromUs);
  let sample = first;
  await inSteps(context, () => {
    if (sample > last) return false;
    report(cursor.moveTo(sample === last ? last + 1 : sample));
    sample += 1;
    return true;
  });
  const signal = context.interruption.reason();
  return signal === null ? 0 : EXIT_OF[signal];
};

const replayLines = async (
  context: Context,
  recording: Recording,
  fromUs: number | null,
  { speed, follow, freezeAfterMs }: Pick<ReplayOptions, 'speed' | 'follow' | 'freezeAfterMs'>,
): Promise<number> => {
  const { out } = context;
  const cursor = createCursor(recording, watchingOf({ freezeAfterMs }));
  const first = fromUs === null ? 0 : recording.sampleAt(fromUs);
  const firstUs = recording.samples() === 0 ? 0 : recording.timeOf(first);
  const startedAtMs = performance.now();
  out.json(sessionLine(recording.header));
  for (let sample = first; context.interruption.reason() === null; sample += 1) {
    if (sample >= recording.samples() && !(follow && (await growth(recording, sample, context)))) break;
    const sinceFirstMs = (recording.timeOf(sample) - firstUs) / 1000;
    if (!follow) await waitUntil(startedAtMs + sinceFirstMs / (speed ?? Number.POSITIVE_INFINITY), context);
    // A signal that came meanwhile has its turn first: when nobody listens any more it would be lost.
    await setImmediate();
    if (context.interruption.reason() !== null) break;
    out.json(context.interruption.atOnce(() => intervalLine(cursor.moveTo(sample))));
    while (out.isBehind() && context.interruption.reason() === null) await setImmediate();
  }
  const signal = context.interruption.reason();
  if (signal === null) out.json(endLine(cursor.moveTo(recording.samples())));
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
