/**
 * What a tracer prints, as events: its maps as batches, in the order of its output; everything else as an event of a process,
 * or a loss.
 */
import type { CounterEntry, LossKind } from '../core/record.ts';
import type { TracerScript } from '../session/ports.ts';
import { entriesOf, type TracerMessage } from '../wire/bpftrace.ts';
import { decodeFrame, type FrameEvent, type ProcessEvent } from '../wire/frame.ts';
import { createLineCheck } from './line-check.ts';

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

export type BatcherOptions = {
  readonly script: TracerScript;
  readonly events: TracerEvents;
  /** Capacity of every map, in keys. */
  readonly mapKeys: number;
  /** CLOCK_BOOTTIME in µs. */
  readonly nowUs: () => number;
  /** The script runs: in which process, and started by whom, as it counts them. */
  readonly began: (who: { readonly pid: number | null; readonly ppid: number | null }) => void;
};

export type Batcher = {
  accept(message: TracerMessage): void;
  /** The output is at its end. */
  finish(): void;
};

const EXITS_MAP = '@frame_exits';
const FILES_MAP = '@frame_files';
const FULL_MAP = '@frame_full';
const ENOENT = 2;
const EEXIST = 17;

/**
 * What bpftrace 0.23 reports and takes no count away: a deletion of a key that was not there, as our frame deletes without
 * looking first, and a key that another CPU has made meanwhile (probes/first-counts.ts).
 */
const isHarmless = (helper: string, retcode: number): boolean =>
  (helper.includes('delete') && Math.abs(retcode) === ENOENT) ||
  (helper.includes('update') && Math.abs(retcode) === EEXIST);

type OpenBatch = {
  readonly bootUs: number;
  /** What announced its maps, if anything did. */
  readonly after: 'tick' | 'end' | null;
  readonly counters: Map<string, readonly CounterEntry[]>;
};

/**
 * Collects maps into batches: those between tick and tock, and after `end` those of the end. bpftrace prints what it counted
 * last even where that word is lost, so maps that no tick announced are those of the end, unless another tick follows; and so
 * are those that come a second time, for a tick prints each once: the end has cut it short.
 */
export const createBatcher = ({ script, events, mapKeys, began, nowUs }: BatcherOptions): Batcher => {
  const bindings = new Map(script.bindings.map((binding) => [binding.map, binding]));
  const ignored = new Set([...script.scratch, EXITS_MAP, FILES_MAP, FULL_MAP]);
  const full = new Map<number, number>();
  let open: OpenBatch | null = null;
  let exits = 0;
  const fileLines = createLineCheck();
  let files = 0;

  const missFiles = (missed: number): void => {
    if (missed === 0) return;
    for (const metric of script.needFiles)
      events.loss('unseen-program', missed, { metric, detail: 'files that bpftrace did not print' });
  };

  const begin = (after: OpenBatch['after'], bootUs: number): OpenBatch => ({
    ...{ bootUs, after },
    counters: new Map(),
  });

  const deliver = (final: boolean): void => {
    if (open !== null) {
      missFiles(fileLines.missed(files, open.bootUs));
      events.batch({ bootUs: open.bootUs, final, counters: open.counters, exits });
    }
    open = null;
  };

  const frame = (event: FrameEvent | null, text: string): void => {
    if (event === null) events.loss('unknown-message', 1, { detail: text.trim().slice(0, 80) });
    // Each CPU has a buffer of its own: a tick that was waiting in one may be read after the end in another. Maps are
    // printed as they are when they are read, so those belong to the end as well.
    else if (open?.after === 'end' && (event.kind === 'tick' || event.kind === 'tock')) return;
    else if (event.kind === 'tick' || event.kind === 'end') open = begin(event.kind, event.bootUs);
    else if (event.kind === 'tock') deliver(false);
    else if (event.kind === 'begin') began(event);
    else {
      if (event.kind === 'file') fileLines.seen();
      events.process(event);
    }
  };

  /** What a map that was full did not take, since it was last said. */
  const reportFull = (value: Parameters<typeof entriesOf>[0]): void => {
    const { entries } = entriesOf(value, 1);
    for (const [number = 0, count = 0] of entries) {
      const grown = count - (full.get(number) ?? 0);
      full.set(number, count);
      const checked = script.checked[number];
      if (grown <= 0 || checked === undefined) continue;
      for (const metric of checked.metrics)
        events.loss('map-full', grown, { metric, detail: `${checked.map} took no more keys` });
    }
    // It can be full itself, with a capacity below the number of maps: then any may have been.
    if (entries.length < mapKeys) return;
    for (const metric of new Set(script.checked.flatMap(({ metrics }) => metrics)))
      events.loss('map-full', 1, { metric, detail: `${FULL_MAP} took no more keys` });
  };

  const map = (message: Extract<TracerMessage, { type: 'map' }>): void => {
    for (const [name, value] of Object.entries(message.data)) {
      if (name === EXITS_MAP) exits = entriesOf(value, 0).entries[0]?.[0] ?? exits;
      if (name === FILES_MAP) files = entriesOf(value, 0).entries[0]?.[0] ?? files;
      if (name === FULL_MAP) reportFull(value);
      const binding = bindings.get(name);
      if (binding === undefined) {
        if (!ignored.has(name)) events.loss('unknown-message', 1, { detail: name });
        continue;
      }
      const { entries, imprecise, odd } = entriesOf(value, binding.keyParts);
      if (odd > 0)
        events.loss('rejected-line', odd, { metric: binding.metric, detail: `odd entries in ${name}` });
      if (imprecise) events.loss('imprecise', 1, { metric: binding.metric });
      if (open === null || (open.after === 'tick' && open.counters.has(binding.metric)))
        open = begin(null, nowUs());
      open.counters.set(binding.metric, entries);
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
          if (isHarmless(message.helper, message.retcode)) break;
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
      // A batch without its `tock` is torn, unless all of its maps are there; the maps of the end are whole.
      if (open !== null && open.after !== 'tick') deliver(true);
      else if (open !== null && script.bindings.every(({ metric }) => open?.counters.has(metric)))
        deliver(false);
      missFiles(fileLines.missedAtEnd());
      open = null;
    },
  };
};
