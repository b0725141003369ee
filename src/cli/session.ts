/** One traced session, from the first check to the last record, whoever looks at it. */
import { setImmediate } from 'node:timers/promises';
import type { StreamRecord } from '../core/record.ts';
import type { Mark } from '../core/snapshot.ts';
import { EXIT } from '../errors.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { marksBytes, readMarks } from '../recording/read/marks.ts';
import { createRecorder, type Recorder } from '../recording/write/recorder.ts';
import type { Bounds } from '../recording/write/segments.ts';
import type { Destination } from '../serve/post.ts';
import { type BesideQueue, createBesideQueue } from '../session/beside.ts';
import type { Memory } from '../session/memory.ts';
import { createOwnMemory } from '../session/own-memory.ts';
import type { Sink } from '../session/ports.ts';
import { pump } from '../session/pump.ts';
import type { SnapshotStore } from '../session/store.ts';
import type { WorkloadEnd } from '../tracer/workload.ts';
import type { Context } from './context.ts';
import { earlierIn } from './extents-state.ts';
import { createFileWatch } from './file-watch.ts';
import { EXIT_OF, isSignal } from './interruption.ts';
import { invokerOf } from './invoker.ts';
import { createLife, type Life } from './life.ts';
import type { Address, MoreFamilies } from './listen.ts';
import { closeAll, type Outlet, outletsOf, published } from './outlets.ts';
import { makeHeapDense, pastKept } from './own-heap.ts';
import { abandon, prepareTrace, type Trace, type TraceHooks, type TraceOptions } from './trace.ts';

export type SessionOptions = TraceOptions & {
  /** Where to record to, or null. */
  readonly output: string | null;
  readonly force: boolean;
  /** Recorded into segments, of which the oldest go. */
  readonly bounds?: Bounds;
  /** The recording ends when less is free on its disk; null for the usual. */
  readonly minFreeBytes?: number | null;
  /** Where it can be scraped; null for nowhere. */
  readonly listen?: Address | null;
  /** Where metrics are pushed to; null for nowhere. */
  readonly push?: Destination | null;
};

export type SessionHooks = TraceHooks & {
  /** Where records come from, instead of a tracer. */
  readonly prepare?: typeof prepareTrace;
  /** What else is scraped, beside what is counted. */
  readonly families?: MoreFamilies;
  readonly store: SnapshotStore;
  /** Gets the stream too, beside what `output` names. */
  readonly sink?: Sink;
  readonly memory?: Memory;
  readonly onFolded?: (record: StreamRecord) => void;
  readonly onSample?: (snapshot: WatchedSnapshot, record: StreamRecord) => void;
  /** Counting has begun. */
  readonly onReady?: () => void;
};

export type RunningSession = {
  readonly recorder: Recorder | null;
  /** Asks for an orderly end; only the first reason counts. */
  stop(reason: string): void;
  /** Sets a mark now: into the stream, the recording and every snapshot after it. */
  mark(text: string): void;
  /** Rejects with a StallscopeError when tracing could not begin. */
  readonly done: Promise<SessionEnd>;
};

export type SessionEnd = {
  /** null when it was stopped before counting began. */
  readonly snapshot: WatchedSnapshot | null;
  readonly exit: number;
  /** How the command ended. */
  readonly farewell: string | null;
  /** What the command printed last, while it had no terminal. */
  readonly heldOutput: string;
};

/** How long a command may take to end after it was asked to, before tracing ends without it. */
const COMMAND_PATIENCE_MS = 5_000;

/** Everything that can be refused is refused here, before a screen or a probe is there. */
export const startSession = async (
  context: Context,
  options: SessionOptions,
  given: SessionHooks,
): Promise<RunningSession> => {
  const hooks = journaled(context, given);
  const recorder =
    options.output === null
      ? null
      : createRecorder({
          path: options.output,
          overwrite: options.force,
          owner: invokerOf(context.env),
          minFreeBytes: options.minFreeBytes ?? null,
          ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
        });
  let outlets: readonly Outlet[] = [];
  let prepared: Trace | null = null;
  try {
    const trace = await (hooks.prepare ?? prepareTrace)(context, options, hooks);
    prepared = trace;
    outlets = await outletsOf(context, options, hooks);
    const life = lifeOf(trace);
    context.interruption.onRequest((reason) => {
      if (isSignal(reason) || trace.workload === null) life.ask(reason);
      else hooks.status(`nothing can be printed any more; ${options.command?.[0]} goes on`);
    });
    const beside = createBesideQueue();
    const watched = withOutsideMarks(
      context,
      options.output,
      beside,
      withFiles(context, beside, withinMemory(published(hooks, outlets))),
    );
    const done = run(context, { options, hooks: watched, trace, recorder, life, beside }).finally(() => {
      trace.canary?.close();
      return closeAll(outlets);
    });
    const mark = (text: string): void => beside.add({ type: 'mark', bootUs: context.clock.bootUs(), text });
    return { recorder, stop: life.ask, mark, done };
  } catch (error) {
    recorder?.discard();
    if (prepared !== null) abandon(prepared);
    await closeAll(outlets);
    throw error;
  }
};

/** What is said while it runs, and what the stream says of probes and gaps, is noted too. */
const journaled = ({ journal }: Context, hooks: SessionHooks): SessionHooks => ({
  ...hooks,
  status: (text) => {
    journal.note('status', { text });
    hooks.status(text);
  },
  onFolded: (record) => {
    journal.record(record);
    hooks.onFolded?.(record);
  },
  onReady: () => {
    const probes = hooks.store.get()?.probes ?? [];
    for (const probe of probes) journal.record({ type: 'probe', bootUs: 0, ...probe });
    hooks.onReady?.();
  },
});

/** What we hold is looked at with every sample. */
const withinMemory = (hooks: SessionHooks): SessionHooks => {
  const ownMemory = createOwnMemory({ memory: hooks.memory ?? null, makeDense: makeHeapDense });
  return {
    ...hooks,
    onSample: (snapshot, record) => {
      hooks.onSample?.(snapshot, record);
      const step = ownMemory.sampled(process.memoryUsage.rss());
      if (step !== null) hooks.status(pastKept(step));
    },
  };
};

/** Which files the suspect of a finding has open is asked once it is named. */
const withFiles = (
  { inspect, clock, env }: Context,
  beside: BesideQueue,
  hooks: SessionHooks,
): SessionHooks => {
  const watch = createFileWatch({
    ask: (pid, startMs) => inspect(pid, startMs, { extents: true, threads: false }),
    add: beside.add,
    bootUs: clock.bootUs,
    earlier: () => earlierIn(env, clock.realMs()),
  });
  return {
    ...hooks,
    onSample: (snapshot, record) => {
      hooks.onSample?.(snapshot, record);
      watch(snapshot);
    },
  };
};

/** What `stallscope mark` writes beside our recording becomes part of the session that it is about. */
const withOutsideMarks = (
  { clock }: Context,
  output: string | null,
  beside: BesideQueue,
  hooks: SessionHooks,
): SessionHooks => {
  if (output === null) return hooks;
  let seenBytes = marksBytes(output);
  const keyOf = ({ bootUs, text }: Mark): string => `${bootUs} ${text}`;
  const seen = new Set(readMarks(output).map(keyOf));
  return {
    ...hooks,
    onSample: (snapshot, record) => {
      hooks.onSample?.(snapshot, record);
      const bytes = marksBytes(output);
      if (bytes === seenBytes) return;
      seenBytes = bytes;
      for (const mark of readMarks(output)) {
        if (seen.has(keyOf(mark))) continue;
        seen.add(keyOf(mark));
        // Set by the wall clock, which may run ahead of ours.
        beside.add({ type: 'mark', ...mark, bootUs: Math.min(mark.bootUs, clock.bootUs()) });
      }
    },
  };
};

const lifeOf = ({ source, workload }: Trace): Life => {
  const life = createLife({
    stopTracing: (reason) => source.stop(reason),
    afterPatience: (stop) => setTimeout(stop, COMMAND_PATIENCE_MS).unref(),
    command: workload && {
      release: workload.release,
      // A terminal's Ctrl-C has reached the command already.
      ask: (reason) => {
        if (reason !== 'SIGINT') workload.signal(reason === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM');
      },
    },
  });
  void workload?.ended.then(life.commandEnded);
  return life;
};

type Prepared = {
  readonly options: SessionOptions;
  readonly hooks: SessionHooks;
  readonly trace: Trace;
  readonly recorder: Recorder | null;
  readonly life: Life;
  readonly beside: BesideQueue;
};

const run = async (context: Context, prepared: Prepared): Promise<SessionEnd> => {
  const { options, hooks, recorder, life, beside } = prepared;
  const { source, workload } = prepared.trace;
  let timer: NodeJS.Timeout | undefined;
  const onReady = (): void => {
    if (!life.attached()) return;
    hooks.onReady?.();
    if (options.durationMs !== null) timer = setTimeout(() => life.ask('duration over'), options.durationMs);
  };
  let snapshot: WatchedSnapshot | null = null;
  try {
    const sinks = [recorder, hooks.sink].filter((sink) => sink !== null && sink !== undefined);
    snapshot = await pump({ ...hooks, source, sinks, beside, onReady });
  } catch (error) {
    // A command that was never released has done nothing, and is not to begin now.
    workload?.signal('SIGTERM');
    recorder?.discard();
    if (!isAbort(error)) throw error;
  } finally {
    clearTimeout(timer);
  }
  const end = snapshot === null ? undefined : await settled(workload);
  const signal = context.interruption.reason();
  return {
    snapshot,
    exit: signal !== null && isSignal(signal) ? EXIT_OF[signal] : end?.status || statusOf(recorder),
    farewell: end === undefined ? null : `${options.command?.[0]} ${end.how}`,
    heldOutput: workload?.heldOutput() ?? '',
  };
};

/** What it was asked to write is not whole. */
const statusOf = (recorder: Recorder | null): number =>
  (recorder?.status().problem ?? null) === null ? EXIT.ok : EXIT.recording;

/** How the command ended; undefined when there is none, or it goes on without us. */
const settled = (workload: Trace['workload']): Promise<WorkloadEnd | undefined> | undefined =>
  workload === null ? undefined : Promise.race([workload.ended, setImmediate(undefined)]);

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
