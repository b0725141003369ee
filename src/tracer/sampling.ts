/**
 * A sample, from what the tracer's maps and the host say at one moment: the maps are compared with the reading before,
 * those who moved are met, what is known of them is reported, and then what moved, for those who are wanted.
 */
import type { CostWatch } from '../budget/cost-watch.ts';
import { isHistogram } from '../core/histogram.ts';
import type { MetricDescriptor } from '../core/metric.ts';
import type { CounterEntry, ProbeInUse, StreamRecord } from '../core/record.ts';
import type { Clock, Derivation, HostPort } from '../session/ports.ts';
import { type Counters, createChanges, type Grown, type Moved } from './changes.ts';
import { createEarlyWaits, type EarlyWaits } from './early-waits.ts';
import type { Holdings } from './holdings.ts';
import type { LossTally } from './losses.ts';
import type { Taken } from './pace.ts';
import { createProcessMeter, type ProcessMeter } from './process-meter.ts';
import type { Processes } from './processes.ts';
import { createSelfCost } from './self-cost.ts';
import { createWaitChannels } from './wait-channels.ts';

export type SamplingOptions = {
  readonly host: HostPort;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Capacity of every map, in keys. */
  readonly mapKeys: number;
  /** What becomes of the maps before they are counters. */
  readonly derivations: readonly Derivation[];
  readonly processes: Processes;
  readonly costs: CostWatch;
  readonly losses: LossTally;
  readonly holdings: Holdings;
  readonly isSelected: (pid: number) => boolean;
  readonly tracerPid: () => number | null;
  readonly emit: (record: StreamRecord) => void;
};

export type Counting = {
  readonly probes: readonly ProbeInUse[];
  readonly metrics: readonly MetricDescriptor[];
  /** Faults of those that ran before this time count from when they are met. */
  readonly countsSinceMs: number | null;
};

export type Sampling = {
  /** Counting has begun. */
  begin(counting: Counting): void;
  take(taken: Taken): void;
  /** The kernel deleted this PID's keys, after the reading of that time. */
  forget(pid: number, lastReadUs: number, bootUs: number): void;
  /** Another tracer counts from zero, with these probes. */
  restart(probes: readonly ProbeInUse[]): void;
  /** How many there were. */
  samples(): number;
};

/** Threads in uninterruptible sleep, as the probe of that name says. */
const BLOCKED_NOW = 'blocked.now';
/** The host is read when the tracer's maps have come; by less than this of an interval it is the same moment. */
const SAME_MOMENT_SHARE = 0.01;

export const createSampling = (options: SamplingOptions): Sampling => {
  const { host, clock, derivations, processes, costs, losses, holdings, emit } = options;
  let changes = createChanges(new Set());
  const waitChannels = createWaitChannels(host);
  const selfCost = createSelfCost(host);
  const internal = new Map(derivations.flatMap((one) => Object.entries(one.internal)));
  const mapFull = new Set<string>();
  let meter: ProcessMeter = createProcessMeter(host, null);
  let ofDevices: ReadonlySet<string> = new Set();
  let earlyWaits: EarlyWaits = createEarlyWaits(host, new Set(), options.isSelected);
  let epoch = 0;
  let seq = 0;
  /** When what processes use was last read of all of them. */
  let procUs = 0;

  const take = ({ bootUs, tickUs, counted, counters: printed, final }: Taken): void => {
    // First of all: who lives takes a while to look at, above all at the start, and what happens meanwhile counts.
    const values = host.sample();
    const mapBytes = holdings.mapBytes();
    const groups = host.cgroups();
    const readUs = nowUs();
    const hostUs = isSameMoment(bootUs, readUs) ? bootUs : readUs;
    const full = changes.begin(counted);
    noteFullMaps(printed);
    const counters = counted ? complete(printed, tickUs) : printed;
    const waits = counted ? waitChannels.read(counters.get(BLOCKED_NOW) ?? []) : null;
    const { grown, moved } = changes.read(counters);
    if (counted) derive(counters, grown);
    const news = ofProcesses(moved);
    const devices = devicesIn(moved);
    processes.meet(pidsOf(news), bootUs, final);
    const reported = report(news);
    processes.look(bootUs);
    if (counted) processes.closeInterval(bootUs);
    for (const pid of processes.tellVanished(bootUs, false)) drop(pid);
    if (full) forgetAbsent(counters, bootUs);
    if (counted) Object.assign(reported, levels());
    for (const loss of losses.drain(bootUs)) emit(loss);
    const hostRead = changes.host(values);
    for (const facts of groups.ended) emit({ type: 'cgroup', bootUs, ...facts, ended: true });
    for (const facts of groups.begun) emit({ type: 'cgroup', bootUs, ...facts });
    const cgroups = changes.cgroups(groups.values);
    if (counted) costs.counted(new Map([...grown, ...hostRead.grown]), values['cpu.busy_ms'] ?? null);
    emit({
      type: 'sample',
      seq,
      bootUs,
      epoch,
      counted,
      full,
      counters: reported,
      host: hostRead.changed,
      ...(cgroups === null ? {} : { cgroups }),
      ...(devices === null ? {} : { deviceCounters: devices }),
      ...(hostUs === bootUs ? {} : { hostUs }),
      ...(!counted || isSameMoment(hostUs, procUs) ? {} : { procUs }),
      ...(waits === null ? {} : { waits }),
      self: { ...selfCost(options.tracerPid()), mapBytes, ...costs.report() },
    });
    seq += 1;
  };

  /** Lines are lost where most is going on, and with them the words by which the dead are forgotten. */
  const forgetAbsent = (counters: Counters, bootUs: number): void => {
    for (const pid of changes.absent(counters)) {
      if (!processes.lives(pid)) forget(pid, bootUs, bootUs);
    }
  };

  const forget = (pid: number, lastReadUs: number, bootUs: number): void => {
    processes.forget(pid, lastReadUs);
    drop(pid);
    emit({ type: 'forget', bootUs, pid });
  };

  const drop = (pid: number): void => {
    changes.forget(pid);
    earlyWaits.forget(pid);
  };

  const noteFullMaps = (counters: Counters): void => {
    for (const [metric, { length }] of counters) {
      if (length < options.mapKeys || mapFull.has(metric)) continue;
      mapFull.add(metric);
      const detail = `${length} of ${options.mapKeys} keys`;
      for (const missing of internal.get(metric) ?? [metric])
        losses.add('map-full', 1, { metric: missing, detail });
    }
  };

  const complete = (printed: Counters, tickUs: number): Counters => {
    let counters = printed;
    for (const derivation of derivations) counters = derivation.complete?.(counters, tickUs) ?? counters;
    return earlyWaits.add(counters, tickUs);
  };

  const derive = (counters: Counters, grown: Grown): void => {
    for (const derivation of derivations)
      for (const { kind, metric, count } of derivation.read(counters, grown))
        losses.add(kind, count, { metric });
  };

  const ofProcesses = (moved: ReadonlyMap<string, readonly Moved[]>) =>
    new Map([...moved].filter(([metric]) => !internal.has(metric) && !ofDevices.has(metric)));

  /** Whoever asked: there is nobody to be met first. */
  const devicesIn = (moved: ReadonlyMap<string, readonly Moved[]>): Record<string, CounterEntry[]> | null => {
    const news = [...moved].filter(([metric, entries]) => ofDevices.has(metric) && entries.length > 0);
    return news.length === 0
      ? null
      : Object.fromEntries(news.map(([metric, entries]) => [metric, entries.map(({ entry }) => entry)]));
  };

  const report = (moved: ReadonlyMap<string, readonly Moved[]>): Record<string, CounterEntry[]> => {
    const counters: Record<string, CounterEntry[]> = {};
    for (const [metric, entries] of moved) {
      const reported = changes.report(metric, entries, processes.isWanted, (pid, by) =>
        processes.grew(pid, metric, by),
      );
      if (reported.length > 0) counters[metric] = reported;
    }
    return counters;
  };

  /** Of the processes just named, and of those known before: what they hold at the moment they were counted. */
  const levels = (): Record<string, CounterEntry[]> => {
    const beganUs = nowUs();
    const { entries, isWhole } = meter.read(processes.living());
    if (isWhole) procUs = host.processesUs?.() ?? Math.round((beganUs + nowUs()) / 2);
    const { moved } = changes.read(entries);
    return Object.fromEntries(
      [...moved].flatMap(([metric, entries]) =>
        entries.length === 0 ? [] : [[metric, entries.map(({ entry }) => entry)]],
      ),
    );
  };

  const nowUs = (): number => host.readUs?.() ?? clock.bootUs();

  const isSameMoment = (bootUs: number, hostUs: number): boolean =>
    Math.abs(hostUs - bootUs) <= options.intervalMs * 1000 * SAME_MOMENT_SHARE;

  return {
    begin: ({ probes, metrics, countsSinceMs }) => {
      procUs = nowUs();
      changes = createChanges(
        new Set(metrics.filter((one) => isHistogram(one) && one.scope === 'pid').map(({ id }) => id)),
      );
      ofDevices = new Set(metrics.filter(({ scope }) => scope === 'device').map(({ id }) => id));
      for (const derivation of derivations) derivation.restart(probes);
      earlyWaits = createEarlyWaits(host, new Set(metrics.map(({ id }) => id)), options.isSelected);
      meter = createProcessMeter(host, countsSinceMs);
    },
    take,
    forget,
    restart: (probes) => {
      changes.restart();
      for (const derivation of derivations) derivation.restart(probes);
      earlyWaits.restart();
      meter.restart();
      costs.restart();
      epoch += 1;
    },
    samples: () => seq,
  };
};

const pidsOf = (moved: ReadonlyMap<string, readonly Moved[]>): ReadonlySet<number> => {
  const pids = new Set<number>();
  for (const entries of moved.values()) for (const { entry } of entries) pids.add(entry[0] ?? 0);
  return pids;
};
