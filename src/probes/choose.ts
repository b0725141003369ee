/** Which probes a command is about, and the variant of each: what the user asked for, against what this host allows. */
import { failure } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import type { HostFiles } from '../host/files.ts';
import { checkSymbol, findProgram } from '../host/program.ts';
import type { TargetRequest } from '../host/targets.ts';
import { type CatalogueEntry, findProbe, findVariant, loadCatalogue } from './catalogue.ts';
import { COUNT_PROBE, type Count, countEntry, isOnProgram } from './count.ts';
import { targetsFor } from './kinds/targets.ts';
import { selectVariant } from './select.ts';
import type { Selected } from './types.ts';

export type ProbeWishes = {
  /** Ids; null for all there are. */
  readonly probes: readonly string[] | null;
  readonly probeDirs: readonly string[];
  /** Probe id to the variant that must run. */
  readonly variants: ReadonlyMap<string, string>;
  /** One-off counters, as the user wrote them. */
  readonly counts: readonly Count[];
};

/** The host whose programs counters of the user's are on. */
export type ProgramHost = { readonly files: HostFiles; readonly env: NodeJS.ProcessEnv };

/** Every probe there is for these wishes: the bundled, those of the user's folders, and the user's counters. */
export const readCatalogue = (
  { probeDirs, counts }: Pick<ProbeWishes, 'probeDirs' | 'counts'>,
  host: ProgramHost,
): readonly CatalogueEntry[] =>
  loadCatalogue(
    probeDirs,
    counts.length === 0 ? [] : [countEntry(counts.map((count) => locate(count, host)))],
  );

/**
 * The probes wished for. Whether one can run here is another question.
 *
 * @throws E_UNKNOWN_PROBE, E_UNKNOWN_VARIANT, E_PROBE_MANIFEST; E_USAGE for the variant of a probe left out
 */
export const chooseProbes = (wishes: ProbeWishes, host: ProgramHost): readonly CatalogueEntry[] => {
  const { probes, variants } = wishes;
  const catalogue = readCatalogue(wishes, host);
  const ids = probes === null ? null : [...probes, ...(wishes.counts.length > 0 ? [COUNT_PROBE] : [])];
  const chosen = ids === null ? catalogue : [...new Set(ids)].map((id) => findProbe(catalogue, id));
  for (const [probe, variant] of variants) {
    const entry = findProbe(catalogue, probe);
    findVariant(entry.manifest, variant);
    if (chosen.includes(entry)) continue;
    throw failure('E_USAGE', {
      fact: `--variant ${probe}=${variant} is for a probe that --probe leaves out.`,
      command: 'stallscope live',
    });
  }
  return chosen;
};

/** Each with its variant for this host, or with the reasons why there is none. */
export const selectProbes = async (
  entries: readonly CatalogueEntry[],
  variants: ProbeWishes['variants'],
  facts: HostFacts,
  request: TargetRequest,
): Promise<readonly Selected[]> => {
  const targets = await targetsFor(
    entries.map(({ manifest }) => manifest),
    request,
  );
  return entries.map(({ manifest, folder, scripts }) =>
    selectVariant(manifest, folder, facts, { targets, only: variants.get(manifest.id), scripts }),
  );
};

/**
 * Whoever names a variant or a counter wants its numbers and no others.
 *
 * @throws E_VARIANT_REFUSED, E_COUNT_REFUSED for the first that cannot run
 */
export const refuseUnmet = (selected: readonly Selected[], variants: ProbeWishes['variants']): void => {
  for (const { manifest, variant, rejected } of selected) {
    if (variant !== null) continue;
    const wanted = variants.get(manifest.id);
    const why = rejected.find((other) => other.variant === (wanted ?? other.variant))?.reason ?? '';
    if (manifest.id === COUNT_PROBE) throw failure('E_COUNT_REFUSED', { why });
    if (wanted === undefined) continue;
    throw failure('E_VARIANT_REFUSED', { probe: manifest.id, variant: wanted, why });
  }
};

/** With the path of its program made absolute, and its function or marker seen to be there. */
const locate = (count: Count, { files, env }: ProgramHost): Count => {
  const [name = '', ...rest] = count.parts;
  if (!isOnProgram(count)) return count;
  const path = findProgram(files, name, env, process.cwd());
  checkSymbol(files, path, count.kind === 'usdt' ? 'marker' : 'function', rest.join(':'));
  return { ...count, parts: [path, ...rest] };
};
