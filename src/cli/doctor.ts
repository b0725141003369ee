/** `stallscope doctor`: can this host trace, with what, and which one command helps. */
import { EXIT } from '../errors.ts';
import { firstBlocker, runChecks } from '../host/checks.ts';
import type { HostFacts } from '../host/facts.ts';
import { readHostFacts } from '../host/read-facts.ts';
import { type CatalogueEntry, loadCatalogue } from '../probes/catalogue.ts';
import { selectVariant } from '../probes/select.ts';
import { type DoctorReport, doctorLines, doctorObject } from '../views/report/doctor.ts';
import type { Context } from './context.ts';
import { printLines } from './print.ts';

export type DoctorOptions = { readonly json: boolean; readonly probeDirs: readonly string[] };

export const doctor = async (context: Context, options: DoctorOptions): Promise<number> => {
  const facts = await readHostFacts({ env: context.env });
  const report = examine(facts, loadCatalogue(options.probeDirs));
  printLines(context.stdout, options.json ? [JSON.stringify(doctorObject(report))] : doctorLines(report));
  return report.state === 'blocked' ? EXIT.environment : EXIT.ok;
};

const examine = (facts: HostFacts, catalogue: readonly CatalogueEntry[]): DoctorReport => {
  const checks = runChecks(facts).map(({ id, title, state, fact, command }) => ({
    id,
    title,
    state,
    fact,
    command,
  }));
  const blocker = firstBlocker(facts);
  const inTheWay = checks.find(({ state }) => state === 'blocked');
  const probes = catalogue.map((entry) => examineProbe(entry, facts, inTheWay));
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

/** What stands in the way of all stands in the way of each; otherwise its own variants tell. */
const examineProbe = (
  { manifest, folder }: CatalogueEntry,
  facts: HostFacts,
  obstacle: Obstacle,
): DoctorReport['probes'][number] => {
  const { id } = manifest;
  if (obstacle !== undefined) {
    return { id, state: 'blocked', variant: null, why: obstacle.fact, command: obstacle.command };
  }
  const { variant, rejected } = selectVariant(manifest, folder, facts);
  const why = rejected.map(({ variant: other, reason }) => `not ${other}: ${reason}`).join('; ');
  if (variant === null) return { id, state: 'blocked', variant: null, why };
  const preferred = manifest.variants[0]?.id === variant.id;
  return { id, state: preferred ? 'ready' : 'degraded', variant: variant.id, why: preferred ? '' : why };
};
