/**
 * This machine, now: a tracer and the host's own counters, merged into one stream of records. A sample is made
 * when the tracer's maps arrive, and the host is read at that same moment; while no tracer runs the host alone is
 * sampled, so that the stream never falls silent. What a dead tracer missed is a gap, after which counters begin
 * a new epoch.
 */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createCostWatch } from '../budget/cost-watch.ts';
import type { ProbeInUse, StreamRecord } from '../core/record.ts';
import { failure } from '../errors.ts';
import type { Clock, Derivation, HostPort, Source, TracerScript } from '../session/ports.ts';
import { createHoldings } from './holdings.ts';
import { type HeaderOptions, headerOf } from './live-header.ts';
import { createLossTally } from './losses.ts';
import { createPace } from './pace.ts';
import { createProcesses } from './processes.ts';
import { createSampling } from './sampling.ts';
import { createSupervisor, type SupervisorEvents, type SupervisorOptions } from './supervisor.ts';
import { createWhose } from './whose.ts';

export type LiveOptions = Omit<SupervisorOptions, 'unnamed'> &
  HeaderOptions & {
    readonly host: HostPort;
    readonly clock: Clock;
    /** PID of the command we hold, as its parent knows it; null without one. */
    readonly commandPid: number | null;
    readonly wantsComm: (comm: string) => boolean;
    /** What becomes of the maps before they are counters. */
    readonly derivations: readonly Derivation[];
  };

/** Once it is asked to end, bpftrace throws away what its buffers hold until END runs: it first gets time to read them. */
const LAST_LINES_MS = 100;
const FIRST_LINE_MS = 2_000;

export const createLiveSource = (options: LiveOptions): Source => {
  const { host, clock, selection, commandPid } = options;
  const stream = new Readable({ objectMode: true, read: () => undefined });
  let records = 0;
  let stopping = false;
  /** Of what was asked to stop. */
  let finished: Promise<void> = Promise.resolve();
  /** When the tracer was asked to end. */
  let leftUs: number | null = null;
  /** The tracer's last word was its maps of the end. */
  let drained = false;

  const emit = (record: StreamRecord): void => {
    records += 1;
    stream.push(record);
  };

  const events: SupervisorEvents = {
    batch: (batch) => {
      processes.countExits(batch.exits, clock.bootUs(), stopping);
      drained = batch.final;
      pace.batch(batch);
    },
    process: (event) => {
      if (event.kind !== 'forget') {
        processes.event(event);
        return;
      }
      // Its keys are in what is held, and not in what comes next.
      pace.release();
      sampling.forget(event.pid, pace.lastBatchUs(), event.bootUs);
    },
    loss: (kind, count, detail) => losses.add(kind, count, detail),
    leaving: () => {
      leftUs = clock.bootUs();
    },
    detached: (probes) => {
      pace.release();
      processes.detached();
      tellProbes(probes, clock.bootUs());
    },
    reattached: (probes, reason) => {
      const bootUs = clock.bootUs();
      sampling.restart(probes);
      processes.restart(bootUs);
      // One that was asked to end detaches its events one after the other, and reports what it counted last of all.
      const lastUs = Math.min(leftUs ?? pace.lastBatchUs(), pace.lastBatchUs());
      leftUs = null;
      emit({ type: 'gap', bootUs, fromBootUs: lastUs, reason });
      tellProbes(probes, bootUs);
      pace.resume(bootUs);
    },
  };

  // Nothing is started again by then, whatever a tracer that dies meanwhile would have had.
  const onStatus = (text: string): void => {
    if (!stopping) options.onStatus(text);
  };
  const supervisor = createSupervisor({ ...options, onStatus, unnamed: host.unnamed }, events);
  const costs = createCostWatch(options.budget, supervisor);
  const losses = createLossTally();
  const holdings = createHoldings(host, supervisor, losses);
  const whose = createWhose({ host, ids: supervisor.ids, commandPid, pids: selection.pids });
  const processes = createProcesses({ ...options, whose, losses, emit });
  const { tracerPid } = supervisor;
  const { isSelected } = whose;
  const sampling = createSampling({
    ...{ ...options, processes, costs, losses, holdings, isSelected, tracerPid, emit },
  });
  const pace = createPace({
    clock,
    intervalMs: options.intervalMs,
    take: sampling.take,
    isSilent: () => host.isSilent?.() === true,
  });

  const tellProbes = (probes: readonly ProbeInUse[], bootUs: number): void => {
    for (const probe of probes) emit({ type: 'probe', bootUs, ...probe });
  };

  costs.onStep((probes) => {
    if (stopping) return;
    holdings.look();
    tellProbes(probes, clock.bootUs());
    for (const { id, reason } of probes) options.onStatus(`${id}: ${reason ?? 'over the budget'}`);
    void supervisor.replace(probes, reasonOf(probes));
  });

  const attach = async (): Promise<TracerScript> => {
    const probes = supervisor.probes();
    if (probes.every((probe) => probe.state !== 'attached')) {
      const why = probes.map((probe) => `${probe.id}: ${probe.reason ?? 'refused'}`).join('; ');
      throw failure('E_NO_PROBE_USABLE', { why });
    }
    const script = await supervisor.attach();
    if (host.unnamed !== null) await ownNumbers();
    return script;
  };

  /** Which of the tracer's numbers are ours: its first line says it, which comes a moment after it has attached. */
  const ownNumbers = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < FIRST_LINE_MS; waitedMs += LAST_LINES_MS) {
      if (supervisor.ids()?.tracer !== supervisor.tracerPid()) return;
      await delay(LAST_LINES_MS);
    }
  };

  const finish = async (reason: string): Promise<void> => {
    pace.stop();
    costs.stop();
    drained = false;
    await delay(LAST_LINES_MS);
    holdings.look();
    const how = await supervisor.stop();
    pace.release();
    const bootUs = Math.max(clock.bootUs(), pace.lastSampleUs());
    processes.countExitsAtEnd();
    processes.tellVanished(bootUs, true);
    if (!drained) {
      const reason = `bpftrace gave no last counts${how === null ? '' : ` (${how})`}`;
      emit({ type: 'gap', bootUs, fromBootUs: pace.lastBatchUs(), reason });
    }
    for (const loss of losses.drain(bootUs)) emit(loss);
    emit({ type: 'trailer', bootUs, reason, samples: sampling.samples(), records: records + 1 });
    stream.push(null);
  };

  return {
    open: async () => {
      const script = await attach();
      if (stopping) {
        // Asked while the last event was being attached: what has attached is gone again before anybody counts by it.
        await finished;
        throw new DOMException('stopped before tracing began', 'AbortError');
      }
      const bootUs = clock.bootUs();
      pace.begin(bootUs);
      // The command we hold has done nothing yet, whenever its process was made.
      const countsSinceMs = selection.command === null ? bootUs / 1000 : null;
      sampling.begin({ probes: supervisor.probes(), metrics: script.metrics, countsSinceMs });
      return headerOf(options, { bootUs, script, probes: supervisor.probes(), ids: supervisor.ids() });
    },
    records: () => {
      if (host.unnamed !== null) losses.add('foreign-pids', 1, { detail: host.unnamed });
      pace.first();
      costs.start();
      return stream;
    },
    stop: (reason) => {
      if (stopping) return;
      stopping = true;
      finished = finish(reason);
    },
  };
};

const reasonOf = (probes: readonly ProbeInUse[]): string =>
  probes.map(({ id, reason }) => `${id} ${reason ?? 'over the budget'}`).join('; ');
