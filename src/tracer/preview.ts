/**
 * The machine and who lives on it, as /proc alone says it: something to look at while bpftrace compiles and attaches. A
 * stream of its own, without a probe, which nobody keeps: the session that follows begins anew, and counts from then on.
 */
import { Readable } from 'node:stream';
import { createCostWatch, type Traced } from '../budget/cost-watch.ts';
import type { HostIdentity, Selection, StreamRecord } from '../core/record.ts';
import type { Clock, HostPort, Source } from '../session/ports.ts';
import { createHoldings } from './holdings.ts';
import { headerOf } from './live-header.ts';
import { createLossTally } from './losses.ts';
import { createProcesses } from './processes.ts';
import { createSampling } from './sampling.ts';
import { createWhose } from './whose.ts';

export type PreviewOptions = {
  readonly toolVersion: string;
  readonly identity: HostIdentity;
  readonly host: HostPort;
  readonly clock: Clock;
  readonly selection: Selection;
  readonly wantsComm: (comm: string) => boolean;
};

/** Attaching takes a few seconds; a rate needs two readings. */
const INTERVAL_MS = 500;

const NOBODY: Traced = { tracerPid: () => null, script: () => null, probes: () => [] };

export const createPreviewSource = (options: PreviewOptions): Source => {
  const { host, clock, selection, wantsComm } = options;
  const stream = new Readable({ objectMode: true, read: () => undefined });
  const emit = (record: StreamRecord): void => {
    stream.push(record);
  };
  const losses = createLossTally();
  const whose = createWhose({ host, ids: () => null, commandPid: null, pids: selection.pids });
  const processes = createProcesses({ host, selection, commandPid: null, wantsComm, whose, losses, emit });
  const sampling = createSampling({
    ...{ host, clock, processes, isSelected: whose.isSelected, losses, emit },
    intervalMs: INTERVAL_MS,
    mapKeys: Number.POSITIVE_INFINITY,
    derivations: [],
    costs: createCostWatch(null, NOBODY),
    holdings: createHoldings(host, NOBODY, losses),
    tracerPid: NOBODY.tracerPid,
  });
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const look = (): void => {
    const bootUs = clock.bootUs();
    sampling.take({ bootUs, tickUs: bootUs, counted: true, final: false, counters: new Map() });
  };

  return {
    open: async () => {
      const bootUs = clock.bootUs();
      sampling.begin({ probes: [], metrics: [], countsSinceMs: bootUs / 1000 });
      const script = { metrics: [] };
      return headerOf(
        {
          ...options,
          bpftrace: { path: '', version: '' },
          budget: null,
          intervalMs: INTERVAL_MS,
          mapKeys: 0,
        },
        { bootUs, script, probes: [], ids: null },
      );
    },
    records: () => {
      look();
      timer = setInterval(look, INTERVAL_MS);
      return stream;
    },
    stop: () => {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stream.push(null);
    },
  };
};
