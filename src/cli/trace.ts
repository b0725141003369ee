/** From the options of live and record to a source that is ready to open: checks, probes, selection, command. */
import { freemem } from 'node:os';
import { createBudget } from '../budget/budget.ts';
import { type Ladder, laddersOf } from '../budget/ladder.ts';
import { readPrograms } from '../host/bpf-objects.ts';
import { createCostMeter } from '../host/bpf-stats.ts';
import { type Canary, startCanary } from '../host/canary/canary.ts';
import { firstBlocker, foreignPids } from '../host/checks.ts';
import { builtEnvironment } from '../host/environment.ts';
import type { HostFacts } from '../host/facts.ts';
import type { HostFiles } from '../host/files.ts';
import { identityOf } from '../host/identity.ts';
import { launcherOf, setprivOf } from '../host/launcher.ts';
import { protectFromOomKiller } from '../host/oom.ts';
import { endOrphans, ownerMark } from '../host/orphans.ts';
import { createHostPort } from '../host/port.ts';
import { prioritize } from '../host/priority.ts';
import { readStartMs } from '../host/process.ts';
import { readHostFacts } from '../host/read-facts.ts';
import type { TargetRequest } from '../host/targets.ts';
import { resolveCommand } from '../host/which.ts';
import { assemble } from '../probes/assemble.ts';
import { chooseProbes, type ProbeWishes, refuseUnmet, selectProbes } from '../probes/choose.ts';
import { inUse } from '../probes/in-use.ts';
import { derivationsOf } from '../probes/kinds/derivations.ts';
import { rollFor, usedFilesPython } from '../probes/kinds/python.ts';
import { uncoveredOf } from '../probes/kinds/uncovered.ts';
import { createScriptPlan } from '../probes/script-plan.ts';
import type { Selected } from '../probes/types.ts';
import type { Source } from '../session/ports.ts';
import type { BesideOptions } from '../tracer/beside.ts';
import { createLiveSource } from '../tracer/live.ts';
import { PROCESS_METRICS } from '../tracer/process-meter.ts';
import { holdWorkload, type Workload, type WorkloadOptions } from '../tracer/workload.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { checkMetric, sortNames } from './metric.ts';
import { globMatcher } from './options.ts';
import { checkSelection, filterOf, type ProcessWishes, refuseOtherPids, withProcesses } from './selection.ts';

export type TraceOptions = ProbeWishes &
  ProcessWishes & {
    readonly intervalMs: number;
    readonly durationMs: number | null;
    readonly mapKeys: number;
    /** What the probes may take of each CPU at work; null for no limit. */
    readonly budget: number | null;
    readonly attachTimeoutMs: number;
    /** Where a file is created now and then, to see how long that takes; null for nowhere. */
    readonly canary?: string | null;
    /** What to order the processes by; null for where most time goes. */
    readonly sort: string | null;
  };

export type Trace = {
  readonly source: Source;
  readonly workload: Workload | null;
  readonly canary: Canary | null;
};

export type TraceHooks = {
  readonly output: WorkloadOptions['output'];
  /** What is going on, for whoever waits. */
  readonly status: (text: string) => void;
};

/** Throws the StallscopeError that says what is missing, before anything is started. */
export const prepareTrace = async (
  context: Context,
  asked: TraceOptions,
  hooks: TraceHooks,
): Promise<Trace> => {
  const { env, files } = context;
  checkSelection(files, asked);
  const options = withProcesses(files, asked, hooks.status);
  // What was asked wrongly is reported before what this host lacks.
  const entries = chooseProbes(options, context);
  const facts = await readHostFacts(files, env);
  const blocker = firstBlocker(facts);
  if (blocker !== null) throw blocker;
  refuseOtherPids(options, facts);
  const { pids, command, variants } = options;
  const request = { files, env, pids, command };
  const selected = await selectProbes(entries, variants, facts, request);
  refuseUnmet(selected, variants);
  for (const probe of options.probes === null ? [] : selected.map(inUse)) {
    if (probe.state === 'refused') hooks.status(`${probe.id} cannot run here: ${probe.reason}`);
  }
  checkMetric(options.sort, sortNames([...countedBy(selected), ...PROCESS_METRICS]));
  await endOrphans(files, hooks.status);
  const workload = command === null ? null : holdCommand(command, context, hooks);
  // The command is there by now, and is not spared with us.
  protectFromOomKiller(files);
  const ladders = await laddersOf(selected, facts, request);
  const canary = options.canary == null ? null : await startCanary(options.canary, hooks.status);
  const source = createSource({
    ...{ context, options, request, facts, selected, ladders },
    workload,
    canary,
    hooks,
  });
  return { source, workload, canary };
};

const countedBy = (selected: readonly Selected[]) =>
  selected.flatMap(({ manifest }) =>
    manifest.metrics.map(({ name }) => ({ id: `${manifest.id}.${name}`, scope: 'pid' as const })),
  );

const holdCommand = (command: readonly string[], { env, files }: Context, { output }: TraceHooks): Workload =>
  holdWorkload({
    argv: resolveCommand(files, command, env.PATH ?? ''),
    invoker: invokerOf(env),
    setpriv: setprivOf(files) ?? undefined,
    output,
  });

type Prepared = {
  readonly context: Context;
  readonly options: TraceOptions & { readonly threads: readonly number[] };
  readonly request: TargetRequest;
  readonly facts: HostFacts;
  readonly selected: readonly Selected[];
  readonly ladders: readonly Ladder[];
  readonly workload: Workload | null;
  readonly canary: Canary | null;
  readonly hooks: TraceHooks;
};

const createSource = (prepared: Prepared): Source => {
  const { context, options, request, facts, selected, ladders, workload, canary, hooks } = prepared;
  const { files, clock } = context;
  const { pids, threads, comm, command, intervalMs, mapKeys } = options;
  const commandPid = workload?.pid ?? null;
  const unnamed = foreignPids(facts);
  if (unnamed !== null)
    hooks.status(`${unnamed}: processes have the names the kernel gives them, and nothing else`);
  const derivations = derivationsOf(selected);
  const plan = createScriptPlan(selected, options.variants, facts);
  const roll = rollFor(selected, facts, request);
  const uncovered = uncoveredOf(files, selected, roll, derivations);
  const uncoveredBy = usedFilesPython(files, selected, roll, unnamed === null);
  return createLiveSource({
    toolVersion: context.version,
    identity: identityOf(files, facts),
    host: createHostPort(files, { uncovered, uncoveredBy, command: commandPid, unnamed, canary }),
    clock,
    launcher: launcherOf(files),
    bpftrace: facts.bpftrace ?? { path: 'bpftrace', version: '0.0.0' },
    probes: selected.map(inUse),
    assemble: (ids) => ({
      ...assemble({
        selected: plan.selected().filter(({ manifest }) => ids.includes(manifest.id)),
        filter: filterOf(pids, commandPid),
        intervalMs,
        mapKeys,
        facts,
        startTime: plan.startTime(),
        seeds: roll?.seeds() ?? [],
        tellsWho: unnamed !== null,
      }),
      ...plan.types,
    }),
    simplify: () => plan.simplify()?.map(inUse) ?? null,
    selection: { pids, ...(threads.length === 0 ? {} : { threads }), comm, command },
    commandPid,
    wantsComm: globMatcher(comm),
    derivations,
    budget: createBudget({
      share: options.budget,
      processor: facts.processor,
      ladders,
      take: plan.take,
      createMeter: () => createCostMeter(files),
    }),
    intervalMs,
    environment: builtEnvironment(context.env),
    mapKeys,
    attachTimeoutMs: options.attachTimeoutMs,
    owner: ownerMark(process.pid, readStartMs(files, process.pid) ?? 0),
    onStatus: hooks.status,
    beside: besideFor(files, intervalMs),
  });
};

/** Two tracers, and what else the machine needs while one of them compiles. */
const ROOM_BYTES = 512 * 1024 ** 2;
/** What was counted since the last reading is lost to a tracer that is replaced. */
const MOST_LOST_MS = 2_000;

const besideFor = (files: HostFiles, intervalMs: number): BesideOptions | null =>
  intervalMs > MOST_LOST_MS
    ? null
    : {
        hasRoom: () => freemem() >= ROOM_BYTES,
        hasPrograms: (pid) => readPrograms(files, pid).length > 0,
        prioritize,
      };
