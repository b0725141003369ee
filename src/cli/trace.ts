/** From the options of live and record to a source that is ready to open: checks, probes, selection, command. */
import { createBudget } from '../budget/budget.ts';
import { type Ladder, laddersOf } from '../budget/ladder.ts';
import type { HostIdentity } from '../core/record.ts';
import { failure } from '../errors.ts';
import { type Canary, startCanary } from '../host/canary/canary.ts';
import { firstBlocker, foreignPids } from '../host/checks.ts';
import { builtEnvironment } from '../host/environment.ts';
import type { HostFacts } from '../host/facts.ts';
import type { HostFiles } from '../host/files.ts';
import { identityOf } from '../host/identity.ts';
import { launcherOf, setprivOf } from '../host/launcher.ts';
import { createHostPort } from '../host/port.ts';
import type { Roll } from '../host/python/roll.ts';
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
import { createLiveSource } from '../tracer/live.ts';
import { PROCESS_METRICS } from '../tracer/process-meter.ts';
import { holdWorkload, type Workload, type WorkloadOptions } from '../tracer/workload.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';
import { checkMetric, sortNames } from './metric.ts';
import { globMatcher } from './options.ts';
import { type Place, placeOf } from './place.ts';
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
  /** What is to be seen before this host is looked at, which takes a while. */
  readonly first?: Promise<unknown>;
};

/** Throws the StallscopeError that says what is missing, before anything is started. */
export const prepareTrace = async (
  context: Context,
  asked: TraceOptions,
  hooks: TraceHooks,
): Promise<Trace> => {
  const chosen = await context.settle((files) => choose(context, files, asked, hooks.first));
  for (const text of chosen.notes) hooks.status(text);
  const { command } = asked;
  const place = placeOf(context, asked.intervalMs);
  await place.prepare(hooks.status);
  const workload = command === null ? null : holdCommand(command, context, hooks);
  let canary: Canary | null = null;
  try {
    // The command is there by now, and is not spared with us.
    place.protect();
    canary = await canaryFor(context, asked, hooks);
    const source = place.wrap(createSource({ context, place, workload, canary, hooks, ...chosen }));
    return { source, workload, canary };
  } catch (error) {
    abandon({ workload, canary });
    throw error;
  }
};

/** Of a session that does not begin: the command that is held for it would be waited for, and for ever. */
export const abandon = ({ workload, canary }: Pick<Trace, 'workload' | 'canary'>): void => {
  workload?.signal('SIGTERM');
  canary?.close();
};

const canaryFor = async (
  { remote }: Context,
  { canary: directory = null }: TraceOptions,
  { status }: TraceHooks,
): Promise<Canary | null> => {
  if (directory === null) return null;
  if (remote === null) return startCanary(directory, status);
  throw failure('E_USAGE', {
    fact: '--canary writes on the host it runs on, and --host changes nothing on the other.',
    command: 'stallscope live',
  });
};

type Chosen = {
  readonly options: TraceOptions & { readonly threads: readonly number[] };
  readonly request: TargetRequest;
  readonly facts: HostFacts;
  readonly selected: readonly Selected[];
  readonly ladders: readonly Ladder[];
  readonly identity: HostIdentity;
  readonly roll: Roll | null;
  /** What there is to say of it. */
  readonly notes: readonly string[];
};

/** What will be traced, and with what: all that is asked of the host beforehand. Changes nothing. */
const choose = async (
  context: Context,
  files: HostFiles,
  asked: TraceOptions,
  first: TraceHooks['first'],
): Promise<Chosen> => {
  const { env } = context;
  const notes: string[] = [];
  checkSelection(files, asked);
  const options = withProcesses(files, asked, (text) => notes.push(text));
  // What was asked wrongly is reported before what this host lacks.
  const entries = chooseProbes(options, { files, env });
  await first;
  const facts = await readHostFacts(files, context.machine);
  const blocker = firstBlocker(facts);
  if (blocker !== null) throw blocker;
  refuseOtherPids(options, facts);
  const { pids, command, variants } = options;
  const request = { files, env, pids, command };
  const selected = await selectProbes(entries, variants, facts, request);
  refuseUnmet(selected, variants);
  for (const probe of options.probes === null ? [] : selected.map(inUse)) {
    if (probe.state === 'refused') notes.push(`${probe.id} cannot run here: ${probe.reason}`);
  }
  checkMetric(options.sort, sortNames([...countedBy(selected), ...PROCESS_METRICS]));
  const ladders = await laddersOf(selected, facts, request);
  const roll = rollFor(selected, facts, request);
  const identity = identityOf(files, facts);
  const chosen = { options, request, facts, selected, ladders, identity, roll, notes };
  if (context.remote !== null) rehearse(files, chosen);
  return chosen;
};

/**
 * What tracing will ask of the host from its first moment on, asked now: later there is no time to wait for it. The scripts
 * it may fall back to are made too.
 */
const rehearse = (files: HostFiles, { options, facts, selected, roll }: Chosen): void => {
  const plan = createScriptPlan(selected, options.variants, facts);
  do {
    assemble({
      selected: plan.selected(),
      filter: filterOf(options.pids, null),
      intervalMs: options.intervalMs,
      mapKeys: options.mapKeys,
      facts,
      startTime: plan.startTime(),
      seeds: roll?.seeds() ?? [],
    });
  } while (plan.simplify() !== null);
  const uncovered = uncoveredOf(files, selected, roll, derivationsOf(selected));
  const port = createHostPort(files, { uncovered, uncoveredBy: () => ({}), command: null, unnamed: null });
  port.sample();
  launcherOf(files);
  const living = port.living();
  for (const pid of living) {
    port.process(pid);
    port.reading(pid);
  }
  for (let looked = 0; looked <= living.length; looked += 1) port.cgroups();
};

const countedBy = (selected: readonly Selected[]) =>
  selected.flatMap(({ manifest }) =>
    manifest.metrics.map(({ name }) => ({ id: `${manifest.id}.${name}`, scope: 'pid' as const })),
  );

const holdCommand = (command: readonly string[], { env, files }: Context, { output }: TraceHooks): Workload =>
  holdWorkload({
    argv: resolveCommand(files, command, env.PATH ?? ''),
    invoker: invokerOf(env),
    env,
    setpriv: setprivOf(files) ?? undefined,
    output,
  });

type Prepared = Chosen & {
  readonly context: Context;
  readonly place: Place;
  readonly workload: Workload | null;
  readonly canary: Canary | null;
  readonly hooks: TraceHooks;
};

const createSource = (prepared: Prepared): Source => {
  const { context, place, options, facts, selected, ladders, roll, workload, canary, hooks } = prepared;
  const { files } = place;
  const { pids, threads, comm, command, intervalMs, mapKeys } = options;
  const commandPid = workload?.pid ?? null;
  const unnamed = foreignPids(facts);
  if (unnamed !== null)
    hooks.status(`${unnamed}: processes have the names the kernel gives them, and nothing else`);
  const derivations = derivationsOf(selected);
  const plan = createScriptPlan(selected, options.variants, facts);
  const uncovered = uncoveredOf(files, selected, roll, derivations);
  const uncoveredBy = usedFilesPython(files, selected, roll, unnamed === null);
  return createLiveSource({
    toolVersion: context.version,
    identity: prepared.identity,
    host: place.port({ uncovered, uncoveredBy, command: commandPid, unnamed, canary }),
    clock: context.clock,
    ...place.tracer,
    bpftrace: facts.bpftrace ?? { path: 'bpftrace', version: '0.0.0' },
    probes: selected.map(inUse),
    assemble: (ids) => {
      const script = assemble({
        selected: plan.selected().filter(({ manifest }) => ids.includes(manifest.id)),
        filter: filterOf(pids, commandPid),
        intervalMs,
        mapKeys,
        facts,
        startTime: plan.startTime(),
        seeds: roll?.seeds() ?? [],
        tellsWho: unnamed !== null,
      });
      return { ...script, ...plan.types(script.script) };
    },
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
      createMeter: place.createMeter,
    }),
    intervalMs,
    environment: builtEnvironment(context.env),
    mapKeys,
    attachTimeoutMs: options.attachTimeoutMs,
    onStatus: hooks.status,
    beside: place.beside,
  });
};
