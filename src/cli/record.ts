/** `stallscope record`: no screen; a session into a file, its progress on stderr. */
import { asMessage } from '../core/safe-text.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Recorder } from '../recording/write/recorder.ts';
import { bytes, exact, longDuration } from '../screen/format/numbers.ts';
import { createSnapshotStore } from '../session/store.ts';
import type { Context } from './context.ts';
import { printRecording } from './print-recording.ts';
import { say } from './say.ts';
import { type SessionOptions, startSession } from './session.ts';

export type RecordOptions = SessionOptions & {
  readonly output: string;
  /** Findings that keep what surrounds them, `any` for all; empty for none. */
  readonly keepOn: readonly string[];
};

export const record = async (context: Context, options: RecordOptions): Promise<number> => {
  const progress = createProgress(context);
  const store = createSnapshotStore();
  const session = await startSession(context, options, {
    output: 'terminal',
    status: progress.say,
    store,
    onReady: () => {
      for (const text of leftOut(store.get(), options.probes)) progress.say(text);
      progress.say(readyText(options, store.get()));
    },
    onSample: (snapshot) => {
      keepFound(snapshot);
      progress.tick(progressText(snapshot, session.recorder));
      // What is traced for a file alone ends with it; a command goes on.
      const problem = session.recorder?.status().problem ?? null;
      if (problem !== null && options.command === null) session.stop(problem);
    },
  });
  const keep = (why: string): void => {
    session.mark(`kept: ${why}`);
    const done = session.recorder?.keep() === true;
    progress.say(done ? `keeping what surrounds this moment: ${why}` : `${why}: nothing more can be kept`);
  };
  const keepFound = createWatchFor(options.keepOn, keep);
  const onSignal = (): void => keep('SIGUSR1');
  if ((options.bounds?.keepMs ?? null) !== null) process.on('SIGUSR1', onSignal);
  const { snapshot, exit, farewell } = await session.done.finally(progress.end);
  process.off('SIGUSR1', onSignal);
  if (farewell !== null) say(context, farewell);
  if (snapshot !== null) {
    printLosses(context, snapshot);
    printRecording(context, session.recorder);
  }
  return exit;
};

/** Calls back once for each finding asked for. */
const createWatchFor = (ids: readonly string[], keep: (why: string) => void) => {
  const seen = new Set<string>();
  return ({ insight }: WatchedSnapshot): void => {
    for (const { id, suspect } of insight.findings) {
      if (!ids.includes(id) && !ids.includes('any')) continue;
      const key = `${id} ${suspect?.pid ?? ''} ${suspect?.startMs ?? ''}`;
      if (seen.has(key)) continue;
      seen.add(key);
      keep(suspect === null ? id : `${id}, PID ${suspect.pid}`);
    }
  };
};

/** Of the probes asked for by name those that bpftrace refused after all. */
const leftOut = (snapshot: WatchedSnapshot | null, asked: readonly string[] | null): readonly string[] =>
  (snapshot?.probes ?? []).flatMap(({ id, variant, state, reason }) =>
    state === 'refused' && variant !== null && asked?.includes(id) === true
      ? [`${id} is left out: ${reason ?? 'bpftrace refused it'}`]
      : [],
  );

const readyText = (options: RecordOptions, snapshot: WatchedSnapshot | null): string => {
  const probes = snapshot?.probes
    .filter(({ state }) => state === 'attached')
    .map(({ id, variant }) => `${id} (${variant})`);
  const until =
    options.command !== null
      ? `until ${options.command[0]} ends`
      : options.durationMs !== null
        ? `for ${longDuration(options.durationMs / 1000)}`
        : 'until Ctrl-C';
  return `recording ${probes?.join(', ')} to ${options.output}, ${until}`;
};

const progressText = (snapshot: WatchedSnapshot, recorder: Recorder | null): string => {
  const { bytes: size, problem } = recorder?.status() ?? { bytes: 0, problem: null };
  const active = snapshot.rows.filter((row) => row.endedBootUs === null).length;
  const lost = snapshot.losses.lostEvents > 0 ? `, ${exact(snapshot.losses.lostEvents)} events lost` : '';
  return `${longDuration(snapshot.elapsedUs / 1e6)}, ${exact(active)} processes, ${bytes(size)}${lost}${problem === null ? '' : `, ${problem}`}`;
};

const printLosses = (context: Context, snapshot: WatchedSnapshot): void => {
  const { losses } = snapshot;
  for (const gap of losses.gaps) {
    say(context, `gap of ${((gap.toBootUs - gap.fromBootUs) / 1e6).toFixed(1)} s: ${gap.reason}`);
  }
  for (const metric of losses.mapFull) {
    say(context, `kernel map full, ${metric} may lack processes: raise --map-keys`);
  }
};

/** One line that is written over on a terminal; elsewhere only what is worth a line in a log. */
const createProgress = ({ stderr }: Context) => {
  let open = false;
  const clear = (): void => {
    if (open) stderr.write('\r\u001b[K');
    open = false;
  };
  return {
    say: (text: string): void => {
      clear();
      say({ stderr }, text);
    },
    tick: (text: string): void => {
      if (stderr.isTTY !== true) return;
      clear();
      stderr.write(asMessage(text));
      open = true;
    },
    end: clear,
  };
};
