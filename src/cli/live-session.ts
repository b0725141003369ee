/** A live session as a screen shows it: all of that is there before the session begins, and its host may not be reached yet. */
import { uninspected } from '../host/inspect.ts';
import { createSwitchedRecorder } from '../recording/write/switched.ts';
import { createTextStore, type TextStore } from '../screen/text-store.ts';
import { createMemory } from '../session/memory.ts';
import { playMemory } from '../session/play.ts';
import { createSnapshotStore, type SnapshotStore } from '../session/store.ts';
import type { SessionScreen } from '../tui/session-shown.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { exportTo } from './export-view.ts';
import { printRecording } from './print-recording.ts';
import { createRecordSwitch } from './record-switch.ts';
import { rememberedColumns } from './remembered-columns.ts';
import { say } from './say.ts';
import { type RunningSession, type SessionOptions, startSession } from './session.ts';
import { sayUnkept } from './unkept.ts';

export type LiveSession = {
  readonly screen: SessionScreen;
  /** What is shown, and what is known last. */
  readonly shown: SnapshotStore;
  readonly store: SnapshotStore;
  readonly status: TextStore & { set(text: string): void };
  readonly notice: TextStore;
  /** Once. Rejects when tracing cannot begin. */
  begin(about: Context, hooks: BeginHooks): Promise<RunningSession>;
  /** It has been asked to end: says what it comes to, and how it ended. */
  conclude(running: RunningSession): Promise<number>;
};

export type BeginHooks = {
  /** What is to be seen before the host is looked at. */
  readonly first?: Promise<unknown>;
  /** Counting has begun. */
  readonly onReady?: () => void;
};

export type LiveSessionOptions = SessionOptions & {
  /** What memory of the past may take; absent for the usual. */
  readonly memoryBytes?: number;
};

export const createLiveSession = (
  context: Context,
  options: LiveSessionOptions,
  config: Config,
): LiveSession => {
  const store = createSnapshotStore();
  const shown = createSnapshotStore();
  const memory = createMemory(options.memoryBytes);
  const playback = playMemory(memory, store, shown);
  const switched = createSwitchedRecorder();
  const status = createTextStore('checking what this host can do');
  const notice = createTextStore();
  let about = context;
  let session: RunningSession | null = null;
  const recordSwitch = createRecordSwitch(context, {
    sink: switched,
    memory,
    output: options.output,
    host: () => about.machine.name,
  });

  return {
    shown,
    store,
    status,
    notice,
    screen: {
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
        return unnamed === undefined ? about.inspect(pid, startMs, wanted) : uninspected(pid, unnamed);
      },
      record: recordSwitch,
      mark: (text) => {
        session?.mark(text);
        return session === null ? 'nothing is traced yet: marks can be set in a moment' : null;
      },
      exportView: exportTo(process.cwd(), context.env),
      keys: config.keys,
      columns: rememberedColumns(context.env),
    },
    begin: (there, { first, onReady }) => {
      about = there;
      const opening = startSession(there, options, {
        output: 'held',
        ...(first === undefined ? {} : { first }),
        status: (text) => (shown.get() === null ? status : notice).set(text),
        store,
        sink: switched,
        memory,
        // It counts again: what was said while it did not is over.
        onFolded: ({ type }) => {
          if (type === 'gap') notice.set('');
        },
        onReady: () => {
          onReady?.();
          notice.set('');
        },
        onSample: () => {
          const problem = (session?.recorder ?? switched.current())?.status().problem ?? null;
          if (problem !== null) notice.set(problem);
        },
      });
      return opening.then((running) => {
        session = running;
        return running;
      });
    },
    conclude: async ({ recorder, done }) => {
      const lastRecorded = switched.current();
      const { snapshot, exit, farewell, heldOutput } = await done;
      if (heldOutput !== '') about.out.write(heldOutput.endsWith('\n') ? heldOutput : `${heldOutput}\n`);
      if (farewell !== null) say(about, farewell);
      if (snapshot !== null) printRecording(about, recorder ?? lastRecorded);
      const isRecorded = options.output !== null || recordSwitch.wasUsed();
      sayUnkept(about, snapshot, { isRecorded, hadKeys: true });
      return exit;
    },
  };
};
