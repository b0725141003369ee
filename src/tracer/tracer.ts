/**
 * One bpftrace process from start to its last map. It is `ready` only when bpftrace itself reports that the last
 * probe is attached (`__BPFTRACE_NOTIFY_PROBES_ATTACHED`): `attached_probes`, BEGIN and the first interval all
 * come earlier, and what a workload does before then is not counted. Events arrive in the order of its output;
 * everything it prints is accounted for as a batch, an event of a process, or a loss.
 */
import semver from 'semver';
import type { Clock, OpenFile, TracerScript } from '../session/ports.ts';
import type { TracerEvents } from './batches.ts';
import { type Child, type ChildEnd, type ChildOptions, startChild } from './child.ts';
import { collectText, decodeStdout, NOTIFY } from './output.ts';
import { type Readiness, watchReadiness } from './readiness.ts';
import { complaintOf } from './refusal.ts';

export type TracerOptions = {
  readonly bpftrace: { readonly path: string; readonly version: string };
  readonly launcher: readonly string[];
  readonly isWriting?: ChildOptions['isWriting'];
  /** Starts it on another host; absent for this one. */
  readonly start?: ((options: ChildOptions) => Child) | undefined;
  /** Makes a file for it to read; absent where it reads none of ours. */
  readonly openFile?: ((bytes: Buffer) => OpenFile | null) | undefined;
  readonly script: TracerScript;
  /** What bpftrace is given besides what is for it alone; nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Capacity of every map, in keys. */
  readonly mapKeys: number;
  readonly attachTimeoutMs: number;
  /** `pid:startMs` of this process, by which a later run knows an orphan of ours. */
  readonly owner: string;
  readonly clock: Pick<Clock, 'bootUs'>;
  readonly events: TracerEvents;
};

/** `self` is whoever started the tracer. */
export type TracerIds = { readonly tracer: number; readonly self: number };

export type Tracer = {
  readonly pid: number;
  /** PIDs as its script counts them: its own, and ours. */
  ids(): TracerIds;
  readonly ready: Promise<Readiness>;
  /** After its last map was delivered. `complaint` is what it said on stderr, if anything. */
  readonly ended: Promise<ChildEnd & { readonly complaint: string }>;
  stop(): Promise<ChildEnd>;
};

/** Of a script that has not counted yet nothing can be lost; on a busy machine it would attach to its end first. */
const BEFORE_COUNTING = { intMs: 1_500, termMs: 500, killMs: 2_000 };

/**
 * It detaches its events one after the other, and only then reports what it counted last. One event took 70 ms where
 * 16 programs competed for 2 CPUs; an emulated processor takes longer.
 */
const draining = (attachPoints: number) => ({
  quietMs: 3_000,
  intMs: 10_000 + 1_500 * attachPoints,
  termMs: 2_000,
  killMs: 2_000,
});

export const startTracer = (options: TracerOptions): Tracer => {
  const startedAtMs = performance.now();
  const child = startBpftrace(options);
  const stderr = collectText(child.stderr, (text) => {
    if (text.includes(NOTIFY)) start.notified();
  });
  const start = watchReadiness({ ...options, child, startedAtMs, stderr });
  /** As it counts them, where those are other numbers. */
  let counted: TracerIds | null = null;
  decodeStdout(child.stdout, {
    ...options,
    nowUs: options.clock.bootUs,
    notified: start.notified,
    attachedProbes: start.attachedProbes,
    began: ({ pid, ppid }) => {
      // The same number as ours of it: it counts by the PIDs of our namespace.
      if (pid !== null && pid !== child.ids().tracer) counted = { tracer: pid, self: ppid ?? 0 };
    },
  });
  return {
    pid: child.pid,
    ids: () => counted ?? child.ids(),
    ready: start.ready,
    ended: child.ended.then((end) => ({ ...end, complaint: complaintOf(stderr()) })),
    stop: () => child.stop(start.counts() ? draining(options.script.attachPoints) : BEFORE_COUNTING),
  };
};

/** Types of its own reach it as an open file; where there is none it looks for them itself. */
const startBpftrace = (options: TracerOptions): Child => {
  const { start = startChild, script } = options;
  const types = script.types === undefined ? null : (options.openFile?.(script.types) ?? null);
  const child = start({
    launcher: options.launcher,
    isWriting: options.isWriting,
    file: options.bpftrace.path,
    args: [...quiet(options.bpftrace.version), '-f', 'json', '-e', script.script],
    env: { ...environment(options), ...(types === null ? {} : { BPFTRACE_BTF: '/proc/self/fd/3' }) },
    opened: types?.descriptor ?? null,
  });
  types?.close();
  return child;
};

/** From 0.24 on a sound script draws warnings by the hundred; before, they report probes that were not found. */
const quiet = (version: string): string[] => (semver.gte(version, '0.24.0') ? ['--no-warnings'] : []);

/** bpftrace renamed the variable at 0.20 and warns about the old name from then on; the wrong one is ignored. */
const environment = (options: TracerOptions): Record<string, string> => {
  const capacity = semver.lt(options.bpftrace.version, '0.20.0')
    ? 'BPFTRACE_MAP_KEYS_MAX'
    : 'BPFTRACE_MAX_MAP_KEYS';
  return {
    ...options.environment,
    [NOTIFY]: '1',
    [capacity]: String(options.mapKeys),
    ...(options.script.btfFile === undefined ? {} : { BPFTRACE_BTF: options.script.btfFile }),
    BPFTRACE_COLOR: 'never',
    STALLSCOPE_OWNER: options.owner,
  };
};
