/** `stallscope live`: the screen on a terminal, NDJSON everywhere else. */
import { inspectProcess } from '../host/inspect.ts';
import { createHindsight } from '../session/hindsight.ts';
import { createSnapshotStore } from '../session/store.ts';
import { createSwitchedRecorder } from '../sinks/switched.ts';
import { endLine, intervalLine, sessionLine } from '../views/report/interval.ts';
import { createTextStore } from '../views/tui/text-store.ts';
import type { ThemeName } from '../views/tui/theme.ts';
import { readConfig } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { EXIT_OF } from './interruption.ts';
import { faceOf, tellPlainly } from './plain.ts';
import { createLineWriter } from './print.ts';
import { createRecordSwitch } from './record-switch.ts';
import { type SessionOptions, startSession } from './session.ts';
import { tellRecording } from './tell-recording.ts';

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
  const tell = tellPlainly(context, 'live', options.sort);
  const session = await startSession(context, options, {
    output: 'stderr',
    status: (text) => context.stderr.write(`stallscope: ${text}\n`),
    store: createSnapshotStore(),
    onSample: tell,
  });
  const { snapshot, exit, farewell } = await session.done;
  if (farewell !== null) context.stderr.write(`${farewell}\n`);
  if (snapshot !== null) tellRecording(context, session.recorder);
  return exit;
};

const liveLines = async (context: Context, options: LiveOptions): Promise<number> => {
  const writer = createLineWriter(context.stdout);
  let skipped = 0;
  const session = await startSession(context, options, {
    output: 'stderr',
    status: (text) => context.stderr.write(`stallscope: ${text}\n`),
    store: createSnapshotStore(),
    onSample: (snapshot, record) => {
      if (record.type !== 'sample') return;
      if (record.seq === 0) writer.write(sessionLine(snapshot.header));
      // A reader that does not read costs lines, never memory; totals in the next line are whole again.
      if (writer.isBehind()) skipped += 1;
      else writer.write(intervalLine(snapshot));
    },
  });
  const { snapshot, exit, farewell } = await session.done;
  if (snapshot !== null) writer.write(endLine(snapshot));
  await writer.end();
  if (skipped > 0)
    context.stderr.write(`stallscope: ${skipped} intervals were not printed: the reader was too slow\n`);
  if (farewell !== null) context.stderr.write(`${farewell}\n`);
  if (snapshot !== null) tellRecording(context, session.recorder);
  return exit;
};

const liveScreen = async (context: Context, options: LiveOptions): Promise<number> => {
  const config = readConfig(context.env);
  // React must not be loaded by commands that draw nothing.
  const { showScreen } = await import('../views/tui/show-screen.tsx');
  const store = createSnapshotStore();
  const hindsight = createHindsight(store);
  const switched = createSwitchedRecorder();
  const status = createTextStore('reading what this host can do');
  const notice = createTextStore();
  const session = await startSession(context, options, {
    output: 'held',
    status: (text) => (store.get() === null ? status : notice).set(text),
    store,
    sink: switched,
    onFolded: hindsight.remember,
    onReady: () => notice.set(''),
    onSample: () => {
      const problem = (session.recorder ?? switched.current())?.status().problem ?? null;
      if (problem !== null) notice.set(problem);
    },
  });
  const screen = showScreen({
    store: hindsight.shown,
    overview: store,
    playback: hindsight,
    mode: 'live',
    sort: options.sort ?? undefined,
    title: options.output === null ? undefined : `recording to ${options.output}`,
    status,
    notice,
    inspect: inspectProcess,
    record: createRecordSwitch(context, switched, options.output),
    mark: (text) => {
      session.mark(text);
      return null;
    },
    exportView: exportTo(process.cwd(), context.env),
    keys: config.keys,
    theme: options.theme ?? config.theme ?? undefined,
    stdin: context.stdin,
    stdout: context.stdout,
    env: context.env,
  });
  const ended = session.done.finally(() => screen.close());
  ended.catch(() => undefined);
  const how = await screen.done;
  context.stderr.write('stallscope: detaching the probes\n');
  const lastRecorded = switched.current();
  session.stop(how === 'interrupted' ? 'SIGINT' : how);
  const { snapshot, exit, farewell, heldOutput } = await ended;
  if (heldOutput !== '') context.stdout.write(heldOutput.endsWith('\n') ? heldOutput : `${heldOutput}\n`);
  if (farewell !== null) context.stderr.write(`${farewell}\n`);
  if (snapshot !== null) tellRecording(context, session.recorder ?? lastRecorded);
  // In raw mode Ctrl-C is a key, not a signal; it means the same.
  return how === 'interrupted' && context.interruption.reason() === null ? EXIT_OF.SIGINT : exit;
};
