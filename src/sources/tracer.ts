/**
 * One bpftrace process from start to its last map. It is `ready` only when bpftrace itself reports that the last
 * probe is attached (`__BPFTRACE_NOTIFY_PROBES_ATTACHED`): `attached_probes`, BEGIN and the first interval all
 * come earlier, and what a workload does before then is not counted. Events arrive in the order of its output;
 * everything it prints is accounted for as a batch, an event of a process, or a loss.
 */
import ndjson from 'ndjson';
import semver from 'semver';
import type { CounterEntry, LossKind } from '../core/record.ts';
import { failure } from '../errors.ts';
import type { TracerScript } from '../session/ports.ts';
import { decodeMessage, entriesOf, type TracerMessage } from '../wire/bpftrace.ts';
import { decodeFrame, type FrameEvent, type ProcessEvent } from '../wire/frame.ts';
import { type Child, type ChildEnd, startChild } from './child.ts';
import { type Refusal, refusalOf, tellingLines } from './refusal.ts';

/** Cumulative maps of one interval, or (`final`) those printed when the tracer ended. */
export type Batch = {
  readonly bootUs: number;
  readonly final: boolean;
  readonly counters: ReadonlyMap<string, readonly CounterEntry[]>;
  /** Processes with counts that have exited so far, whether or not their exit line was printed. */
  readonly exits: number;
};

export type TracerEvents = {
  batch(batch: Batch): void;
  process(event: ProcessEvent): void;
  loss(kind: LossKind, count: number, detail: { metric?: string; detail?: string }): void;
};

export type TracerOptions = {
  readonly bpftrace: { readonly path: string; readonly version: string };
  readonly script: TracerScript;
  /** Capacity of every map, in keys. */
  readonly mapKeys: number;
  readonly attachTimeoutMs: number;
  /** `pid:startMs` of this process, by which a later run knows a stray of ours. */
  readonly owner: string;
  readonly events: TracerEvents;
};

export type Readiness =
  | { readonly kind: 'ready'; readonly attachMs: number }
  | ({ readonly kind: 'refused' } & Refusal)
  | { readonly kind: 'stopped' };

export type Tracer = {
  readonly pid: number;
  readonly ready: Promise<Readiness>;
  /** After its last map was delivered. `complaint` is what it said on stderr, if anything. */
  readonly ended: Promise<ChildEnd & { readonly complaint: string }>;
  stop(): Promise<ChildEnd>;
};

const NOTIFY = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';
const EXITS_MAP = '@frame_exits';
/** A line beyond this is no message of ours; it is skipped and counted, whatever it would have cost to hold. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_STDERR_CHARS = 64 * 1024;

/** Of a script that has not counted yet nothing can be lost; on a busy machine it would attach to its end first. */
const BEFORE_COUNTING = { intMs: 1_500, termMs: 500, killMs: 2_000 };

export const startTracer = (options: TracerOptions): Tracer => {
  const startedAtMs = performance.now();
  const child = startChild({
    file: options.bpftrace.path,
    args: [...quiet(options.bpftrace.version), '-f', 'json', '-e', options.script.script],
    env: environment(options),
  });
  let settle: (readiness: Readiness) => void = () => undefined;
  const settled = new Promise<Readiness>((resolve) => {
    settle = resolve;
  });
  let counts = false;
  const becomeReady = (): void => {
    counts = true;
    settle({ kind: 'ready', attachMs: performance.now() - startedAtMs });
  };
  const stderr = collectText(child.stderr, (text) => {
    if (text.includes(NOTIFY)) becomeReady();
  });
  let attached: number | null = null;
  decodeStdout(child, options, {
    notified: becomeReady,
    attachedProbes: (probes) => {
      attached = probes;
    },
  });

  const timer = setTimeout(() => {
    const last = tellingLines(stderr()).at(-1) ?? 'it said nothing';
    const error = failure('E_TRACER_TIMEOUT', { seconds: options.attachTimeoutMs / 1000, last });
    settle({ kind: 'refused', probe: null, error });
    void child.stop();
  }, options.attachTimeoutMs);

  const ended = child.ended.then((end) => {
    if (end.stoppedWith === null) {
      settle({ kind: 'refused', ...refusalOf(options.script, stderr() || end.how, end.code) });
    } else {
      settle({ kind: 'stopped' });
    }
    return { ...end, complaint: tellingLines(stderr()).slice(-3).join(' | ') };
  });

  const ready = settled.then((result) => {
    clearTimeout(timer);
    // 0.17 to 0.23 only warn about a probe they cannot find, and go on with the others.
    if (result.kind === 'ready' && attached !== null && attached < options.script.attachPoints) {
      void child.stop();
      return { kind: 'refused' as const, ...refusalOf(options.script, stderr(), 255) };
    }
    return result;
  });
  return { pid: child.pid, ready, ended, stop: () => child.stop(counts ? undefined : BEFORE_COUNTING) };
};

/** From 0.24 on a sound script draws warnings by the hundred; before, they tell of probes that were not found. */
const quiet = (version: string): string[] => (semver.gte(version, '0.24.0') ? ['--no-warnings'] : []);

/** bpftrace renamed the variable at 0.20 and warns about the old name from then on; the wrong one is ignored. */
const environment = (options: TracerOptions): Record<string, string> => {
  const capacity = semver.lt(options.bpftrace.version, '0.20.0')
    ? 'BPFTRACE_MAP_KEYS_MAX'
    : 'BPFTRACE_MAX_MAP_KEYS';
  return {
    [NOTIFY]: '1',
    [capacity]: String(options.mapKeys),
    ...(options.script.btfFile === undefined ? {} : { BPFTRACE_BTF: options.script.btfFile }),
    BPFTRACE_COLOR: 'never',
    STALLSCOPE_OWNER: options.owner,
  };
};

const collectText = (stream: Child['stderr'], onText: (text: string) => void): (() => string) => {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-MAX_STDERR_CHARS);
    onText(text);
  });
  return () => text;
};

type StartSigns = { readonly notified: () => void; readonly attachedProbes: (probes: number) => void };

const decodeStdout = (child: Child, options: TracerOptions, signs: StartSigns): void => {
  const { events } = options;
  const batches = createBatcher(options.script, events);
  const parser = ndjson.parse({ strict: true, maxLength: MAX_LINE_BYTES, skipOverflow: true } as object);
  parser.on('data', (value: unknown) => {
    const decoded = decodeMessage(value);
    if (decoded.kind === 'unknown') events.loss('unknown-message', 1, { detail: decoded.type });
    else if (decoded.kind === 'rejected') events.loss('rejected-line', 1, { detail: decoded.reason });
    else if (decoded.message.type === 'attached_probes') signs.attachedProbes(decoded.message.data.probes);
    else batches.accept(decoded.message);
  });
  // Lines that are not JSON arrive here, by their first 50 characters; from 0.23 on the ready sign is one of them.
  parser.on('error', (error: Error) => {
    const line = error.message.replace(/^Could not parse row /, '');
    if (line.startsWith(NOTIFY)) signs.notified();
    else events.loss('rejected-line', 1, { detail: line.slice(0, 80) });
  });
  let skipping = false;
  child.stdout.on('data', (chunk: Buffer) => {
    parser.write(chunk);
    // A line that is skipped for its length is not announced, only this flag shows it.
    const { overflow } = parser as { overflow?: boolean };
    if (overflow === true && !skipping)
      events.loss('rejected-line', 1, { detail: 'a line too long to hold' });
    skipping = overflow === true;
  });
  child.stdout.on('end', () => {
    parser.end();
    batches.finish();
  });
};

const ENOENT = 2;

/** bpftrace 0.23 reports every deletion of a key that was not there; our frame deletes without looking first. */
const isAbsentKey = (helper: string, retcode: number): boolean =>
  helper.includes('delete') && Math.abs(retcode) === ENOENT;

/** Collects maps into batches: those between tick and tock, and after `end` those of the end. */
const createBatcher = (script: TracerScript, events: TracerEvents) => {
  const bindings = new Map(script.bindings.map((binding) => [binding.map, binding]));
  const ignored = new Set([...script.scratch, EXITS_MAP]);
  let open: { bootUs: number; final: boolean; counters: Map<string, readonly CounterEntry[]> } | null = null;
  let exits = 0;

  const deliver = (): void => {
    if (open !== null) events.batch({ ...open, exits });
    open = null;
  };

  const frame = (event: FrameEvent | null, text: string): void => {
    if (event === null) events.loss('unknown-message', 1, { detail: text.trim().slice(0, 80) });
    // Each CPU has a buffer of its own: a tick that was waiting in one may be read after the end in another. Maps are
    // printed as they are when they are read, so those belong to the end as well.
    else if (open?.final === true && (event.kind === 'tick' || event.kind === 'tock')) return;
    else if (event.kind === 'tick') open = { bootUs: event.bootUs, final: false, counters: new Map() };
    else if (event.kind === 'tock') deliver();
    else if (event.kind === 'end') open = { bootUs: event.bootUs, final: true, counters: new Map() };
    else if (event.kind !== 'begin') events.process(event);
  };

  const map = (message: Extract<TracerMessage, { type: 'map' }>): void => {
    for (const [name, value] of Object.entries(message.data)) {
      if (name === EXITS_MAP) exits = entriesOf(value, 0).entries[0]?.[0] ?? exits;
      const binding = bindings.get(name);
      if (binding === undefined) {
        if (!ignored.has(name)) events.loss('unknown-message', 1, { detail: name });
        continue;
      }
      const { entries, imprecise, odd } = entriesOf(value, binding.keyParts);
      if (odd > 0)
        events.loss('rejected-line', odd, { metric: binding.metric, detail: `odd entries in ${name}` });
      if (imprecise) events.loss('imprecise', 1, { metric: binding.metric });
      open?.counters.set(binding.metric, entries);
    }
  };

  return {
    accept: (message: TracerMessage): void => {
      switch (message.type) {
        case 'printf':
          frame(decodeFrame(message.data), message.data);
          break;
        case 'map':
          map(message);
          break;
        case 'lost_events':
          events.loss('lost-events', message.data.events, {});
          break;
        case 'helper_error':
          if (isAbsentKey(message.helper, message.retcode)) break;
          events.loss('helper-error', 1, { detail: `${message.helper}: ${message.msg ?? message.retcode}` });
          break;
        case 'runtime_error':
        case 'errorf':
        case 'warnf':
          events.loss('helper-error', 1, { detail: message.msg });
          break;
        default:
          // Our scripts print none of the other kinds; a user's own probe may.
          events.loss('unknown-message', 1, { detail: message.type });
      }
    },
    finish: (): void => {
      // A batch without its `tock` is torn and its maps may be half there; the maps of the end are whole.
      if (open?.final === true) deliver();
      open = null;
    },
  };
};
