/** `stallscope live`: the screen on a terminal, NDJSON everywhere else. */
import { setImmediate } from 'node:timers/promises';
import { uninspected } from '../host/inspect.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { createSwitchedRecorder } from '../recording/write/switched.ts';
import { endLine, intervalLine, sessionLine } from '../report/interval.ts';
import { createTextStore } from '../screen/text-store.ts';
import { createMemory } from '../session/memory.ts';
import { playMemory } from '../session/play.ts';
import { createSnapshotStore } from '../session/store.ts';
import type { ThemeName } from '../tui/theme.ts';
import { readConfig } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { EXIT_OF } from './interruption.ts';
import { faceOf, reportPlainly } from './plain.ts';
import { createPreview } from './preview.ts';
import { printRecording } from './print-recording.ts';
import { createRecordSwitch } from './record-switch.ts';
import { rememberedColumns } from './remembered-columns.ts';
import { say } from './say.ts';
import { type RunningSession, type SessionOptions, startSession } from './session.ts';
import { type Kept, unkeptLine } from './unkept.ts';

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

const sayUnkept = (context: Context, snapshot: WatchedSnapshot | null, kept: Kept): void => {
  const line = unkeptLine(snapshot, kept);
  if (line !== null) say(context, line);
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
  const columns = rememberedColumns(context.env);
  // React must not be loaded by commands that draw nothing.
  const { showScreen } = await import('../tui/show-screen.tsx');
  const store = createSnapshotStore();
  const shown = createSnapshotStore();
  const memory = createMemory();
  const playback = playMemory(memory, store, shown);
  const switched = createSwitchedRecorder();
  const recordSwitch = createRecordSwitch(context, { sink: switched, memory, output: options.output });
  const status = createTextStore('checking what this host can do');
  const notice = createTextStore();
  let session: RunningSession | null = null;
  const preview = createPreview(context, options, shown);
  const opening = startSession(context, options, {
    output: 'held',
    first: preview.painted,
    status: (text) => (shown.get() === null ? status : notice).set(text),
    store,
    sink: switched,
    memory,
    // It counts again: what was said while it did not is over.
    onFolded: ({ type }) => {
      if (type === 'gap') notice.set('');
    },
    onReady: () => {
      preview.end();
      notice.set('');
    },
    onSample: () => {
      const problem = (session?.recorder ?? switched.current())?.status().problem ?? null;
      if (problem !== null) notice.set(problem);
    },
  });
  // What was asked wrongly is refused by now, and nothing was painted for it.
  await Promise.race([opening, setImmediate()]);
  const screen = showScreen({
    store: shown,
    overview: store,
    playback,
    mode: 'live',
    sort: options.sort ?? undefined,
    title: options.output === null ? undefined : `recording to ${options.output}`,
    status,
    notice,
    inspect: async (pid, startMs, wanted) => {
      const unnamed = store.get()?.header.unnamed;
      return unnamed === undefined ? context.inspect(pid, startMs, wanted) : uninspected(pid, unnamed);
    },
    record: recordSwitch,
    mark: (text) => {
      session?.mark(text);
      return session === null ? 'nothing is traced yet: marks can be set in a moment' : null;
    },
    exportView: exportTo(process.cwd(), context.env),
    keys: config.keys,
    mouse: config.mouse,
    columns,
    theme: options.theme ?? config.theme ?? undefined,
    stdin: context.stdin,
    stdout: context.stdout,
    env: context.env,
  });
  preview.begin();
  const ended = opening.then((opened) => {
    session = opened;
    return opened.done;
  });
  ended.catch(() => undefined).finally(() => screen.close());
  const how = await screen.done;
  preview.end();
  for (const text of screen.copied()) context.out.lines(text.split('\n'));
  const { stop, recorder } = await opening;
  say(context, 'detaching the probes');
  const lastRecorded = switched.current();
  stop(how === 'interrupted' ? 'SIGINT' : how);
  const { snapshot, exit, farewell, heldOutput } = await ended;
  if (heldOutput !== '') context.out.write(heldOutput.endsWith('\n') ? heldOutput : `${heldOutput}\n`);
  if (farewell !== null) say(context, farewell);
  if (snapshot !== null) printRecording(context, recorder ?? lastRecorded);
  const isRecorded = options.output !== null || recordSwitch.wasUsed();
  sayUnkept(context, snapshot, { isRecorded, hadKeys: true });
  // In raw mode Ctrl-C is a key, not a signal; it means the same.
  return how === 'interrupted' && context.interruption.reason() === null ? EXIT_OF.SIGINT : exit;
};
