/**
 * This machine, now: a tracer and the host's own counters, merged into one stream of records. A sample is made
 * when the tracer's maps arrive, and the host is read at that same moment; while no tracer runs the host alone is
 * sampled, so that the stream never falls silent. What a dead tracer missed is a gap, after which counters begin
 * a new epoch.
 */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CostBasis,
  CounterEntry,
  HostIdentity,
  ProbeInUse,
  Selection,
  SelfCost,
  StreamRecord,
} from '../core/record.ts';
import { RECORDING_FORMAT, RECORDING_VERSION } from '../core/record.ts';
import { failure } from '../errors.ts';
import type { Budget, Clock, Derivation, HostPort, Source } from '../session/ports.ts';
import { createChanges } from './changes.ts';
import { createCostWatch } from './cost-watch.ts';
import { createExitCheck } from './exit-check.ts';
import { createLossTally } from './losses.ts';
import { createProcessMeter, PROCESS_METRICS, type ProcessMeter } from './process-meter.ts';
import { createRoster } from './roster.ts';
import { createSupervisor, type SupervisorEvents, type SupervisorOptions } from './supervisor.ts';
import type { Batch } from './tracer.ts';

export type LiveOptions = SupervisorOptions & {
  readonly toolVersion: string;
  readonly identity: HostIdentity;
  readonly host: HostPort;
  readonly clock: Clock;
  readonly selection: Selection;
  readonly wantsComm: (comm: string) => boolean;
  /** What becomes of the maps before they are counters. */
  readonly derivations: readonly Derivation[];
  /** null where the cost is nobody's concern. */
  readonly budget: Budget | null;
  readonly intervalMs: number;
};

const MAP_BYTES_EVERY_SAMPLES = 10;
/** Once it is told to end, bpftrace throws away what its buffers hold until END runs: it first gets time to read them. */
const LAST_LINES_MS = 100;

export const createLiveSource = (options: LiveOptions): Source => {
  const { host, clock, intervalMs, derivations } = options;
  const halfIntervalUs = (intervalMs * 1000) / 2;
  const stream = new Readable({ objectMode: true, read: () => undefined });
  const changes = createChanges();
  const roster = createRoster(host, options.wantsComm);
  const losses = createLossTally();
  const mapFull = new Set<string>();
  const unnamed = new Set<number>();
  const exits = createExitCheck();

  let epoch = 0;
  let seq = 0;
  let records = 0;
  let lastBootUs = 0;
  let lastBatchUs = 0;
  let mapBytes = 0;
  let held: Reading | null = null;
  let stopping = false;
  /** The tracer's last word was its maps of the end. */
  let drained = false;
  let meter: ProcessMeter = createProcessMeter(host.memory, null);
  let heartbeat: NodeJS.Timeout | undefined;

  const emit = (record: StreamRecord): void => {
    records += 1;
    stream.push(record);
  };

  const events: SupervisorEvents = {
    batch: (batch) => {
      const missed = exits.missed(batch.exits, clock.bootUs());
      if (!stopping) noteMissedExits(missed);
      drained = batch.final;
      const late = isLate(batch);
      lastBatchUs = late ? clock.bootUs() : batch.bootUs;
      const reading = { ...batch, bootUs: lastBatchUs, counted: true };
      // After a stall several come at once, all with what the maps hold now: one sample tells it.
      held = late && !batch.final && lastBatchUs - lastBootUs < halfIntervalUs ? reading : null;
      if (held === null) sample(reading);
    },
    process: (event) => {
      if (event.kind === 'forget') {
        forget(event.pid, event.bootUs);
        return;
      }
      exits.seen();
      const record = roster.exit(event);
      if (record !== null) emit(record);
    },
    loss: (kind, count, detail) => losses.add(kind, count, detail),
    detached: (probes) => {
      tellHeld();
      exits.restart();
      for (const probe of probes) emit({ type: 'probe', bootUs: clock.bootUs(), ...probe });
    },
    reattached: (probes, reason) => {
      changes.restart();
      for (const derivation of derivations) derivation.restart();
      roster.restart();
      meter.restart();
      costs.restart();
      epoch += 1;
      const bootUs = clock.bootUs();
      emit({ type: 'gap', bootUs, fromBootUs: lastBatchUs, reason });
      for (const probe of probes) emit({ type: 'probe', bootUs, ...probe });
      lastBatchUs = bootUs;
    },
  };
  const supervisor = createSupervisor(options, events);
  const costs = createCostWatch(options.budget, supervisor);
  costs.onStep((probes) => {
    if (stopping) return;
    for (const probe of probes) {
      emit({ type: 'probe', bootUs: clock.bootUs(), ...probe });
      options.onStatus(`${probe.id}: ${probe.reason ?? 'over the budget'}`);
    }
    void supervisor.replace(probes, reasonOf(probes));
  });

  /** bpftrace reads its maps when it gets round to a tick; held up, it does so long after the tick's own time. */
  const isLate = ({ bootUs }: Batch): boolean =>
    bootUs <= lastBootUs || clock.bootUs() - bootUs > halfIntervalUs;

  /** What was held back is the last there is when no later batch comes. */
  const tellHeld = (): void => {
    const last = held;
    held = null;
    if (last !== null) sample(last);
  };

  /** Deleting is immediate, printing is not: a tracer that was held up may have deleted what nobody had read. */
  const forget = (pid: number, bootUs: number): void => {
    const exitedUs = roster.forget(pid);
    if (exitedUs !== null && lastBatchUs < exitedUs) losses.add('unread-exit', 1, { detail: `pid ${pid}` });
    changes.forget(pid);
    for (const derivation of derivations) derivation.forget(pid);
    emit({ type: 'forget', bootUs, pid });
  };

  const sample = (batch: Reading): void => {
    lastBootUs = Math.max(batch.bootUs, lastBootUs + 1);
    const { counted } = batch;
    const full = changes.begin(counted);
    const counters: Record<string, CounterEntry[]> = {};
    for (const [metric, entries] of batch.counters) noteMapFull(metric, entries.length);
    for (const [metric, entries] of counted ? derive(batch.counters) : batch.counters) {
      const moved = changes.counters(metric, entries, (pid) => meet(pid, batch.final));
      if (moved.length > 0) counters[metric] = moved;
    }
    for (const pid of roster.grown(lastBootUs)) meet(pid, batch.final);
    // Of the processes just named, and of those known before: what they hold at the moment they were counted.
    for (const [metric, entries] of counted ? meter.read(roster.living()) : []) {
      const moved = changes.counters(metric, entries, () => true);
      if (moved.length > 0) counters[metric] = moved;
    }
    for (const loss of losses.drain(lastBootUs)) emit(loss);
    const read = host.sample();
    if (counted) costs.counted(batch.counters, read);
    const values = changes.host(read);
    const self = selfCost();
    emit({ type: 'sample', seq, bootUs: lastBootUs, epoch, counted, full, counters, host: values, self });
    seq += 1;
    beat();
  };

  const derive = (read: Batch['counters']): Batch['counters'] => {
    let counters = read;
    for (const derivation of derivations) {
      const derived = derivation.read(counters);
      counters = derived.counters;
      for (const { metric, count } of derived.estimated) losses.add('shared-steps', count, { metric });
    }
    return counters;
  };

  /** Names a PID whose counts moved. Without a filter by name, counts do not wait for one. */
  const meet = (pid: number, final: boolean): boolean => {
    const record = roster.meet(pid, lastBootUs);
    const known = roster.wanted(pid);
    const wanted = known ?? options.selection.comm === null;
    if (record !== null && wanted) emit(record);
    if (known === null && !wanted && final && !unnamed.has(pid)) {
      unnamed.add(pid);
      losses.add('unnamed-process', 1, { detail: `pid ${pid}` });
    }
    return wanted;
  };

  const noteMissedExits = (missed: number): void => {
    if (missed === 0) return;
    losses.add('unnamed-process', missed, { detail: 'exits that bpftrace did not print' });
    roster.doubt();
  };

  const noteMapFull = (metric: string, entries: number): void => {
    if (entries < options.mapKeys || mapFull.has(metric)) return;
    mapFull.add(metric);
    losses.add('map-full', 1, { metric, detail: `${entries} of ${options.mapKeys} keys` });
  };

  const selfCost = (): SelfCost => {
    const own = process.cpuUsage();
    const pid = supervisor.tracerPid();
    const traced = pid === null ? null : host.cost(pid);
    if (seq % MAP_BYTES_EVERY_SAMPLES === 0) mapBytes = pid === null ? 0 : host.mapBytes(pid);
    return {
      cpuMs: Math.round((own.user + own.system) / 1000),
      rssBytes: process.memoryUsage.rss(),
      tracerCpuMs: traced?.cpuMs ?? 0,
      tracerRssBytes: traced?.rssBytes ?? 0,
      mapBytes,
      ...costs.told(),
    };
  };

  /** When the tracer's next maps do not come in time, the host is sampled without them. */
  const beat = (): void => {
    clearTimeout(heartbeat);
    if (stopping) return;
    heartbeat = setTimeout(() => sample(withoutCounts(clock.bootUs(), false)), intervalMs * 1.5);
  };

  const finish = async (reason: string): Promise<void> => {
    clearTimeout(heartbeat);
    costs.stop();
    drained = false;
    await delay(LAST_LINES_MS);
    await supervisor.stop();
    tellHeld();
    const bootUs = Math.max(clock.bootUs(), lastBootUs);
    const missed = exits.missedAtEnd();
    // Of a process that has its name the line would only have told when it ended.
    if (missed > 0) noteMissedExits(Math.max(0, missed - roster.goneUntold()));
    if (!drained)
      emit({ type: 'gap', bootUs, fromBootUs: lastBatchUs, reason: 'bpftrace gave no last counts' });
    for (const loss of losses.drain(bootUs)) emit(loss);
    emit({ type: 'trailer', bootUs, reason, samples: seq, records: records + 1 });
    stream.push(null);
  };

  return {
    open: async () => {
      const probes = supervisor.probes();
      if (probes.every((probe) => probe.state !== 'attached')) {
        const why = probes.map((probe) => `${probe.id}: ${probe.reason ?? 'refused'}`).join('; ');
        throw failure('E_NO_PROBE_USABLE', { why });
      }
      const script = await supervisor.attach();
      for (const derivation of derivations) derivation.restart();
      lastBootUs = clock.bootUs();
      lastBatchUs = lastBootUs;
      // The command we hold has done nothing yet, whenever its process was made.
      meter = createProcessMeter(host.memory, options.selection.command === null ? lastBootUs / 1000 : null);
      return {
        type: 'header',
        format: RECORDING_FORMAT,
        version: RECORDING_VERSION,
        tool: { name: 'stallscope', version: options.toolVersion, pid: process.pid },
        host: options.identity,
        bpftrace: options.bpftrace.version,
        clock: { bootUs: lastBootUs, realMs: clock.realMs() },
        intervalMs,
        mapKeys: options.mapKeys,
        selection: options.selection,
        ...(options.budget === null
          ? {}
          : { budget: options.budget.share, costBasis: basisOf(options.budget) }),
        probes: supervisor.probes(),
        metrics: [...script.metrics, ...PROCESS_METRICS, ...host.metrics],
      };
    },
    records: () => {
      // The host's counters need a first reading to differ from; the tracer's start at zero.
      sample(withoutCounts(lastBootUs, true));
      costs.start();
      return stream;
    },
    stop: (reason) => {
      if (stopping) return;
      stopping = true;
      void finish(reason);
    },
  };
};

const reasonOf = (probes: readonly ProbeInUse[]): string =>
  probes.map(({ id, reason }) => `${id} ${reason ?? 'over the budget'}`).join('; ');

const basisOf = ({ meter }: Budget): CostBasis => (meter === null ? 'estimated' : 'measured');

/** What a sample is made of; `counted` when the tracer was read for it. */
type Reading = Pick<Batch, 'bootUs' | 'final' | 'counters'> & { readonly counted: boolean };

const withoutCounts = (bootUs: number, counted: boolean): Reading => ({
  bootUs,
  final: false,
  counters: new Map(),
  counted,
});
