/** `stallscope doctor`: can this host trace, with which probes, and the one command that fixes what is missing. */
import { EXIT } from '../errors.ts';
import { firstBlocker, runChecks } from '../host/checks.ts';
import type { HostFacts } from '../host/facts.ts';
import { describePythons } from '../host/python/describe.ts';
import { readHostFacts } from '../host/read-facts.ts';
import { loadCatalogue } from '../probes/catalogue.ts';
import { selectProbes } from '../probes/choose.ts';
import { anyProgram } from '../probes/kinds/targets.ts';
import type { Selected } from '../probes/types.ts';
import { type DoctorReport, doctorLines, doctorObject } from '../report/doctor.ts';
import type { Context } from './context.ts';
import { bundleOf } from './doctor-bundle.ts';
import { invokerOf } from './invoker.ts';
import { readRuns } from './journal-file.ts';
import { say } from './say.ts';
import { writeWhole } from './whole-file.ts';

export type DoctorOptions = {
  readonly json: boolean;
  readonly probeDirs: readonly string[];
  /** Where to write what a report of a bug needs, or null. */
  readonly bundle: string | null;
  readonly force: boolean;
};

export const doctor = async (context: Context, options: DoctorOptions): Promise<number> => {
  const catalogue = loadCatalogue(options.probeDirs);
  const { facts, ...report } = await context.settle(async (files) => {
    const facts = await readHostFacts(files, context.machine);
    const request = anyProgram({ files, env: context.env });
    const selected = await selectProbes(catalogue, new Map(), facts, request);
    return {
      facts,
      ...(context.machine.name === null ? {} : { host: context.machine.name }),
      ...examine(facts, selected),
      pythons: describePythons(request),
    };
  });
  if (options.bundle !== null) {
    const runs = readRuns(context.env);
    const bundle = bundleOf({
      ...{ version: context.version, kernel: facts.kernel, bpftrace: facts.bpftrace?.version ?? null },
      ...{ report, runs, probes: loadCatalogue().map(({ manifest }) => manifest.id), env: context.env },
    });
    const whole = { force: options.force, owner: invokerOf(context.env) };
    writeWhole(options.bundle, `${JSON.stringify(bundle, null, 2)}\n`, whole);
    say(
      context,
      `wrote ${options.bundle}, with ${runs.length} runs that ended with an error`,
      'Read it before you send it',
    );
    return EXIT.ok;
  }
  if (options.json) context.out.json(doctorObject(report));
  else context.out.lines(doctorLines(report));
  return report.state === 'blocked' ? EXIT.environment : EXIT.ok;
};

const examine = (facts: HostFacts, selected: readonly Selected[]): Omit<DoctorReport, 'pythons'> => {
  const checks = runChecks(facts).map(({ id, title, state, fact, command }) => ({
    id,
    title,
    state,
    fact,
    command,
  }));
  const blocker = firstBlocker(facts);
  const inTheWay = checks.find(({ state }) => state === 'blocked');
  const probes = selected.map((one) => examineProbe(one, inTheWay));
  const state =
    blocker !== null || probes.every((probe) => probe.state === 'blocked')
      ? 'blocked'
      : [...checks, ...probes].every((one) => one.state === 'ok' || one.state === 'ready')
        ? 'ready'
        : 'degraded';
  const next = inTheWay?.command ?? checks.find(({ command }) => command !== undefined)?.command ?? null;
  return { state, checks, probes, next };
};

type Obstacle = DoctorReport['checks'][number] | undefined;

/** What stands in the way of all stands in the way of each; otherwise its own variants decide. */
const examineProbe = (
  { manifest, variant, rejected }: Selected,
  obstacle: Obstacle,
): DoctorReport['probes'][number] => {
  const { id } = manifest;
  if (obstacle !== undefined) {
    return { id, state: 'blocked', variant: null, why: obstacle.fact, rejected, command: obstacle.command };
  }
  const preferred = manifest.variants.find(({ explicit }) => explicit !== true) ?? manifest.variants[0];
  if (variant !== null && variant.id === preferred?.id) {
    return { id, state: 'ready', variant: variant.id, why: '', rejected };
  }
  const why = rejected.map(({ variant: other, reason }) => `not ${other}: ${reason}`).join('; ');
  return {
    id,
    state: variant === null ? 'blocked' : 'degraded',
    variant: variant?.id ?? null,
    why,
    rejected,
  };
};
