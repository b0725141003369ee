/** `stallscope live`: the screen on a terminal, NDJSON everywhere else. */
import { setImmediate } from 'node:timers/promises';
import { endLine, intervalLine, sessionLine } from '../report/interval.ts';
import { createSnapshotStore } from '../session/store.ts';
import type { StageOptions } from '../tui/stage.tsx';
import type { ThemeName } from '../tui/theme.ts';
import { type Config, readConfig } from './config.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { createLiveSession } from './live-session.ts';
import { faceOf, reportPlainly } from './plain.ts';
import { createPreview } from './preview.ts';
import { printRecording } from './print-recording.ts';
import { say } from './say.ts';
import { type SessionOptions, startSession } from './session.ts';
import { sayUnkept } from './unkept.ts';

export type LiveOptions = SessionOptions & {
  readonly json: boolean;
  readonly plain: boolean;
  /** Of the screen; null for the user's, or the terminal's. */
  readonly theme: ThemeName | null;
};

export const live = (context: Context, options: LiveOptions): Promise<number> => {
  const face = faceOf(context, options);
  if (face === 'screen') return liveScreen(context, options);
  return face === 'plain' ? livePlainly(context, options) : liveLines(context, options);
};

const livePlainly = async (context: Context, options: LiveOptions): Promise<number> => {
  const report = reportPlainly(context, 'live', options.sort);
  const session = await startSession(context, options, {
    output: 'stderr',
    status: (text) => say(context, text),
    store: createSnapshotStore(),
    onSample: report,
  });
  const { snapshot, exit, farewell } = await session.done;
  if (farewell !== null) say(context, farewell);
  if (snapshot !== null) printRecording(context, session.recorder);
  sayUnkept(context, snapshot, { isRecorded: options.output !== null, hadKeys: false });
  return exit;
};

const liveLines = async (context: Context, options: LiveOptions): Promise<number> => {
  const { out } = context;
  let skipped = 0;
  const session = await startSession(context, options, {
    output: 'stderr',
    status: (text) => say(context, text),
    store: createSnapshotStore(),
    onSample: (snapshot, record) => {
      if (record.type !== 'sample') return;
      if (record.seq === 0) out.json(sessionLine(snapshot.header));
      // A reader that does not read costs lines, never memory; totals in the next line are whole again.
      if (out.isBehind()) skipped += 1;
      else out.json(intervalLine(snapshot));
    },
  });
  const { snapshot, exit, farewell } = await session.done;
  if (snapshot !== null) out.json(endLine(snapshot));
  if (skipped > 0) say(context, `${skipped} intervals were not printed: the reader was too slow`);
  if (farewell !== null) say(context, farewell);
  if (snapshot !== null) printRecording(context, session.recorder);
  sayUnkept(context, snapshot, { isRecorded: options.output !== null, hadKeys: false });
  return exit;
};

const liveScreen = async (context: Context, options: LiveOptions): Promise<number> => {
  const config = readConfig(context.env);
  // React must not be loaded by commands that draw nothing.
  const { showScreen } = await import('../tui/show-screen.ts');
  const session = createLiveSession(context, options, config);
  const preview = createPreview(context, options, session.shown);
  const opening = session.begin(context, { first: preview.painted, onReady: preview.end });
  // What was asked wrongly is refused by now, and nothing was painted for it.
  await Promise.race([opening, setImmediate()]);
  const screen = showScreen({ ...session.screen, ...stageOptions(context, options, config) });
  preview.begin();
  const ended = opening.then(({ done }) => done);
  ended.catch(() => undefined).finally(() => screen.close());
  const how = await screen.done;
  preview.end();
  for (const text of screen.copied()) context.out.lines(text.split('\n'));
  const running = await opening;
  say(context, 'detaching the probes');
  running.stop(how === 'interrupted' ? 'SIGINT' : how);
  const exit = await session.conclude(running);
  // In raw mode Ctrl-C is a key, not a signal; it means the same.
  return how === 'interrupted' && context.interruption.reason() === null ? EXIT_OF.SIGINT : exit;
};

/** The terminal, and what the user wants of it. */
export const stageOptions = (
  { stdin, stdout, env }: Context,
  { theme }: { readonly theme: ThemeName | null },
  config: Config,
): StageOptions => ({ mouse: config.mouse, theme: theme ?? config.theme ?? undefined, stdin, stdout, env });
