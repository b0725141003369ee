/** `stallscope probes list | show ID`: what can be counted, and the very script that counts it. */
import { readHostFacts } from '../host/read-facts.ts';
import { findProbe, findVariant } from '../probes/catalogue.ts';
import { type ProbeWishes, readCatalogue, selectProbes } from '../probes/choose.ts';
import { readScript } from '../probes/fragment.ts';
import { anyProgram } from '../probes/kinds/targets.ts';
import { probeLines, probeListLines } from '../report/probes.ts';
import type { Context } from './context.ts';

export type ProbesOptions = Pick<ProbeWishes, 'probeDirs' | 'counts' | 'variants'> & {
  readonly json: boolean;
};

export const listProbes = async (context: Context, options: ProbesOptions): Promise<number> => {
  const catalogue = readCatalogue(options, context);
  const facts = await readHostFacts(context.files, context.env);
  const selected = await selectProbes(catalogue, options.variants, facts, anyProgram(context));
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
  const entry = findProbe(readCatalogue(options, context), id);
  const wanted = options.variants.get(id);
  if (wanted !== undefined) findVariant(entry.manifest, wanted);
  const facts = await readHostFacts(context.files, context.env);
  const [selected] = await selectProbes([entry], options.variants, facts, anyProgram(context));
  if (selected === undefined) return 0;
  const { manifest, folder, variant: chosen, files, rejected } = selected;
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
