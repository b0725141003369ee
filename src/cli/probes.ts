/** `stallscope probes list | show ID`: what can be counted, and the very script that counts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHostFacts } from '../host/read-facts.ts';
import { findProbe, loadCatalogue } from '../probes/catalogue.ts';
import { selectVariant } from '../probes/select.ts';
import { probeLines, probeListLines } from '../views/report/probes.ts';
import type { Context } from './context.ts';
import { printLines } from './print.ts';

export type ProbesOptions = { readonly json: boolean; readonly probeDirs: readonly string[] };

export const listProbes = async (context: Context, options: ProbesOptions): Promise<number> => {
  const facts = await readHostFacts({ env: context.env });
  const selected = loadCatalogue(options.probeDirs).map(({ manifest, folder }) =>
    selectVariant(manifest, folder, facts),
  );
  const asJson = selected.map(({ manifest, variant, rejected }) => ({
    id: manifest.id,
    title: manifest.title,
    question: manifest.question,
    variant: variant?.id ?? null,
    rejected,
    metrics: manifest.metrics.map(({ name, ...rest }) => ({ id: `${manifest.id}.${name}`, ...rest })),
  }));
  printLines(context.stdout, options.json ? [JSON.stringify(asJson)] : probeListLines(selected));
  return 0;
};

export const showProbe = async (context: Context, id: string, options: ProbesOptions): Promise<number> => {
  const { manifest, folder } = findProbe(loadCatalogue(options.probeDirs), id);
  const selected = selectVariant(manifest, folder, await readHostFacts({ env: context.env }));
  const scripts = manifest.variants.map((variant) => ({
    variant: variant.id,
    chosen: variant.id === selected.variant?.id,
    script: readFileSync(join(folder, variant.file), 'utf8'),
  }));
  const asJson = {
    ...manifest,
    folder,
    variant: selected.variant?.id ?? null,
    rejected: selected.rejected,
    scripts,
  };
  const chosen = scripts.find((script) => script.chosen)?.script ?? null;
  printLines(context.stdout, options.json ? [JSON.stringify(asJson)] : probeLines(selected, chosen));
  return 0;
};
