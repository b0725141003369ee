/** `stallscope probes list | show ID`: what can be counted, and the very script that counts it. */
import { readHostFacts } from '../host/read-facts.ts';
import { type CatalogueEntry, findProbe, findVariant } from '../probes/catalogue.ts';
import { type ProbeWishes, readCatalogue, selectProbes } from '../probes/choose.ts';
import { readScript } from '../probes/fragment.ts';
import { anyProgram } from '../probes/kinds/targets.ts';
import type { Selected } from '../probes/types.ts';
import { probeLines, probeListLines } from '../report/probes.ts';
import type { Context } from './context.ts';

export type ProbesOptions = Pick<ProbeWishes, 'probeDirs' | 'counts' | 'variants'> & {
  readonly json: boolean;
};

export const listProbes = async (context: Context, options: ProbesOptions): Promise<number> => {
  const selected = await selectHere(context, options, (catalogue) => catalogue);
  const asJson = selected.map(({ manifest, variant, rejected }) => ({
    id: manifest.id,
    title: manifest.title,
    question: manifest.question,
    variant: variant?.id ?? null,
    rejected,
    metrics: manifest.metrics.map(({ name, ...rest }) => ({ id: `${manifest.id}.${name}`, ...rest })),
  }));
  if (options.json) context.out.json(asJson);
  else context.out.lines(probeListLines(selected));
  return 0;
};

/** Shows the script that runs here or, with a variant of the user's choice, that one, whether it can run or not. */
export const showProbe = async (context: Context, id: string, options: ProbesOptions): Promise<number> => {
  const wanted = options.variants.get(id);
  const [selected] = await selectHere(context, options, (catalogue) => {
    const entry = findProbe(catalogue, id);
    if (wanted !== undefined) findVariant(entry.manifest, wanted);
    return [entry];
  });
  if (selected === undefined) return 0;
  const { manifest, folder, variant: chosen, files, rejected, scripts: fragments } = selected;
  const entry = { manifest, folder, ...(fragments === undefined ? {} : { scripts: fragments }) };
  const scripts = manifest.variants.map((variant) => ({
    variant: variant.id,
    chosen: variant.id === chosen?.id,
    script: readScript(entry, variant),
  }));
  const asJson = { ...manifest, folder, variant: chosen?.id ?? null, files, rejected, scripts };
  const shown = scripts.find(({ variant }) => variant === (wanted ?? chosen?.id)) ?? null;
  if (options.json) context.out.json(asJson);
  else context.out.lines(probeLines(selected, shown));
  return 0;
};

/** Each of some probes with the variant that the host allows. */
const selectHere = (
  context: Context,
  options: ProbesOptions,
  some: (catalogue: readonly CatalogueEntry[]) => readonly CatalogueEntry[],
): Promise<readonly Selected[]> =>
  context.settle(async (files) => {
    const host = { files, env: context.env };
    const entries = some(readCatalogue(options, host));
    const facts = await readHostFacts(files, context.machine);
    return selectProbes(entries, options.variants, facts, anyProgram(host));
  });
