/** From the options of live and record to a source that is ready to open: checks, probes, selection, command. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HostIdentity, ProbeInUse } from '../core/record.ts';
import { failure } from '../errors.ts';
import { createCostMeter } from '../host/bpf-stats.ts';
import { firstBlocker, selectionProblem } from '../host/checks.ts';
import { systemClock } from '../host/clock.ts';
import type { HostFacts } from '../host/facts.ts';
import { ROOTS } from '../host/files.ts';
import { askToBeSpared } from '../host/oom.ts';
import { readXfsLookups } from '../host/proc/xfs-lookups.ts';
import { readCostOf, readImage, readMapBytes, readProcess, readStartMs } from '../host/process.ts';
import { readProcessMemory } from '../host/process-memory.ts';
import { readHostFacts } from '../host/read-facts.ts';
import { createHostSampler } from '../host/sampler.ts';
import { openStatFiles } from '../host/stat-files.ts';
import { findStrays, ownerMark } from '../host/strays.ts';
import { assemble } from '../probes/assemble.ts';
import type { KernelFilter, Selected } from '../probes/types.ts';
import type { Budget, Derivation, HostPort, Source } from '../session/ports.ts';
import { createLiveSource } from '../sources/live.ts';
import { holdWorkload, type Invoker, type Workload, type WorkloadOptions } from '../sources/workload.ts';
import { createXfsSteps } from '../sources/xfs-steps.ts';
import type { Context } from './context.ts';
import { uncoveredBy } from './coverage.ts';
import { createSteps, type Ladder, laddersOf } from './ladder.ts';
import { checkMetric, IDENTITY_COLUMNS } from './metric.ts';
import { globMatcher } from './options.ts';
import { createScriptPlan, type ScriptPlan } from './script-plan.ts';
import { chooseProbes, type ProbeWishes, refuseUnmet, selectProbes } from './selection.ts';

export type TraceOptions = ProbeWishes & {
  readonly pids: readonly number[];
  readonly comm: string | null;
  readonly intervalMs: number;
  readonly durationMs: number | null;
  readonly mapKeys: number;
  /** What the probes may take of each CPU at work; null for no limit. */
  readonly budget: number | null;
  readonly attachTimeoutMs: number;
  /** argv after `--`. */
  readonly command: readonly string[] | null;
  /** What to order the processes by; null for where most time goes. */
  readonly sort: string | null;
};

export type Trace = {
  readonly source: Source;
  readonly workload: Workload | null;
};

export type TraceHooks = {
  readonly output: WorkloadOptions['output'];
  /** What is going on, for whoever waits. */
  readonly status: (text: string) => void;
};

/** Throws the StallscopeError that says what is missing, before anything is started. */
export const prepareTrace = async (
  context: Context,
  options: TraceOptions,
  hooks: TraceHooks,
): Promise<Trace> => {
  checkSelection(options);
  // What was asked wrongly is told before what this host lacks.
  const entries = chooseProbes(options, context.env);
  const facts = await readHostFacts({ env: context.env });
  const blocker = firstBlocker(facts);
  if (blocker !== null) throw blocker;
  refuseOtherPids(options, facts);
  const { pids, command, variants } = options;
  const selected = await selectProbes(entries, variants, facts, { pids, command, env: context.env });
  refuseUnmet(selected, variants);
  for (const probe of options.probes === null ? [] : selected.map(inUse)) {
    if (probe.state === 'refused') hooks.status(`${probe.id} cannot run here: ${probe.reason}`);
  }
  checkMetric(options.sort, [...metricIds(selected), ...IDENTITY_COLUMNS]);
  await endStrays(hooks.status);
  const workload =
    options.command === null
      ? null
      : holdWorkload({ argv: options.command, invoker: invokerOf(context.env), output: hooks.output });
  // The command is there by now, and is not spared with us.
  askToBeSpared();
  const ladders = await laddersOf(selected, facts, { pids, command, env: context.env });
  return { source: createSource(context, options, facts, selected, ladders, workload, hooks), workload };
};

const checkSelection = (options: TraceOptions): void => {
  if (options.command !== null && options.pids.length > 0) {
    throw failure('E_USAGE', {
      fact: '-p and a command after -- exclude each other.',
      command: 'stallscope live',
    });
  }
  if (options.command !== null && options.comm !== null) {
    throw failure('E_USAGE', {
      fact: '--comm and a command after -- exclude each other.',
      command: 'stallscope live',
    });
  }
  for (const pid of options.pids) {
    if (!existsSync(`/proc/${pid}`)) throw failure('E_PID_GONE', { pid });
  }
};

const refuseOtherPids = ({ pids, command }: TraceOptions, facts: HostFacts): void => {
  if (pids.length === 0 && command === null) return;
  const why = selectionProblem(facts, command === null ? 'pids' : 'tree');
  if (why !== null) throw failure('E_PID_NAMESPACE', { selection: command === null ? '-p' : '--', why });
};

const metricIds = (selected: readonly Selected[]): string[] =>
  selected.flatMap(({ manifest }) => manifest.metrics.map(({ name }) => `${manifest.id}.${name}`));

const createSource = (
  context: Context,
  options: TraceOptions,
  facts: HostFacts,
  selected: readonly Selected[],
  ladders: readonly Ladder[],
  workload: Workload | null,
  hooks: TraceHooks,
): Source => {
  const filter: KernelFilter =
    workload !== null
      ? { kind: 'tree', rootPid: workload.pid }
      : options.pids.length > 0
        ? { kind: 'pids', pids: options.pids }
        : { kind: 'all' };
  const { intervalMs, mapKeys } = options;
  const plan = createScriptPlan(selected, options.variants, facts);
  return createLiveSource({
    toolVersion: context.version,
    identity: identityOf(facts),
    host: createHostPort(selected),
    clock: systemClock,
    bpftrace: facts.bpftrace ?? { path: 'bpftrace', version: '0.0.0' },
    probes: selected.map(inUse),
    assemble: (ids) => ({
      ...assemble({
        selected: plan.selected().filter(({ manifest }) => ids.includes(manifest.id)),
        filter,
        intervalMs,
        mapKeys,
        facts,
        startTime: plan.startTime(),
      }),
      ...plan.types,
    }),
    simplify: () => plan.simplify()?.map(inUse) ?? null,
    selection: { pids: options.pids, comm: options.comm, command: options.command },
    wantsComm: globMatcher(options.comm),
    derivations: derivationsOf(selected),
    budget: createBudget(options.budget, facts, ladders, plan),
    intervalMs,
    mapKeys,
    attachTimeoutMs: options.attachTimeoutMs,
    owner: ownerMark(process.pid, readStartMs(process.pid) ?? 0),
    onStatus: hooks.status,
  });
};

const identityOf = (facts: HostFacts): HostIdentity => ({
  hostname: hostname(),
  kernel: facts.kernel,
  arch: facts.arch,
  cpus: facts.cpus,
  memoryBytes: facts.memoryBytes,
});

const inUse = ({ manifest, variant, rejected }: Selected): ProbeInUse =>
  variant === null
    ? {
        id: manifest.id,
        variant: null,
        state: 'refused',
        reason: rejected.map(({ variant: id, reason }) => `${id}: ${reason}`).join('; '),
      }
    : { id: manifest.id, variant: variant.id, state: 'attached' };

/** Without a budget the cost is estimated and told; nothing is measured, and no setting touched. */
const createBudget = (
  share: number | null,
  facts: HostFacts,
  ladders: readonly Ladder[],
  plan: ScriptPlan,
): Budget => {
  const { processor } = facts;
  const steps = createSteps(ladders, share, (probe, rung) => {
    if (rung !== null) plan.take(probe, rung);
  });
  // Measuring switches the kernel's code, and an emulator was seen to run into what is being switched (ADR 0015).
  const meter = share === null || processor.isEmulated ? null : createCostMeter();
  return { meter, share, processor, observe: steps.observe };
};

/** What a variant's `derive` names. */
const DERIVATIONS: Readonly<Record<string, () => Derivation>> = {
  'xfs-steps': () => createXfsSteps(() => readXfsLookups(ROOTS)),
};

const derivationsOf = (selected: readonly Selected[]): Derivation[] =>
  selected.flatMap(({ variant }) => DERIVATIONS[variant?.derive ?? '']?.() ?? []);

const createHostPort = (selected: readonly Selected[]): HostPort => {
  const uncovered = uncoveredBy(selected);
  const sampler = createHostSampler();
  const files = openStatFiles();
  return {
    metrics: sampler.metrics,
    sample: () => sampler.read(),
    process: (pid) => {
      const facts = readProcess(pid);
      return facts === null ? null : { ...facts, uncovered: uncovered(pid) };
    },
    image: (pid) => readImage(files, pid),
    memory: (pid) => readProcessMemory(files, pid),
    cost: readCostOf,
    mapBytes: readMapBytes,
  };
};

/** Under sudo the command, and the files we write, belong to the user who called it. */
export const invokerOf = (env: NodeJS.ProcessEnv): Invoker | null => {
  if (process.getuid?.() !== 0) return null;
  const uid = Number(env.SUDO_UID);
  const gid = Number(env.SUDO_GID);
  return Number.isSafeInteger(uid) && Number.isSafeInteger(gid) && uid > 0 ? { uid, gid } : null;
};

const STRAY_PATIENCE_MS = 3_000;

/** A stallscope that was killed may have left its tracer: it costs the machine, and nobody reads it. */
const endStrays = async (status: (text: string) => void): Promise<void> => {
  const strays = findStrays();
  if (strays.length === 0) return;
  status(
    `ending ${strays.length} bpftrace left by an earlier stallscope (PID ${strays.map(({ pid }) => pid).join(', ')})`,
  );
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    for (const { pid } of findStrays()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended by itself.
      }
    }
    const untilMs = performance.now() + STRAY_PATIENCE_MS;
    while (findStrays().length > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
