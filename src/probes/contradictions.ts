/** What the shape of a manifest cannot say: names that are there twice, maps of other probes, metrics that nothing counts. */
import { type Manifest, mapPrefix } from './manifest.ts';

export type Contradiction = readonly [path: readonly (string | number)[], message: string];

/** Where a manifest of the right shape is at odds with itself, each with its place in the JSON. */
export const contradictions = (manifest: Manifest): Contradiction[] => [
  ...duplicates(manifest.metrics, 'metrics', (metric) => metric.name),
  ...duplicates(manifest.scratch, 'scratch', (scratch) => scratch.map),
  ...duplicates(manifest.variants, 'variants', (variant) => variant.id),
  ...misnamedMaps(manifest),
  ...unknownRuns(manifest),
  ...unknownMetrics(manifest),
  ...uncounted(manifest),
  ...underived(manifest),
  ...threadless(manifest),
  ...undevised(manifest),
  ...unsummed(manifest),
];

const duplicates = <Item>(
  items: readonly Item[],
  place: string,
  nameOf: (item: Item) => string,
): Contradiction[] => {
  const names = items.map(nameOf);
  return names.flatMap((name, index): Contradiction[] =>
    names.indexOf(name) < index ? [[[place, index], `"${name}" is there twice`]] : [],
  );
};

const misnamedMaps = (manifest: Manifest): Contradiction[] => {
  const prefix = mapPrefix(manifest.id);
  return [
    ...manifest.metrics.flatMap((metric, index): Contradiction[] =>
      metric.map === prefix + metric.name
        ? []
        : [[['metrics', index, 'map'], `must be ${prefix}${metric.name}`]],
    ),
    ...manifest.scratch.flatMap((scratch, index): Contradiction[] =>
      scratch.map.startsWith(prefix) && !manifest.metrics.some((metric) => metric.map === scratch.map)
        ? []
        : [[['scratch', index, 'map'], `must begin with ${prefix} and be no metric's map`]],
    ),
  ];
};

const unknownMetrics = (manifest: Manifest): Contradiction[] =>
  manifest.variants.flatMap((variant, index) =>
    (['counts', 'estimates', 'labels'] as const).flatMap((part) =>
      Object.keys(variant[part] ?? {}).flatMap((name): Contradiction[] =>
        manifest.metrics.some((metric) => metric.name === name)
          ? []
          : [[['variants', index, part, name], 'is not a metric of this probe']],
      ),
    ),
  );

/** Names with a dot are the host's. */
const unknownRuns = (manifest: Manifest): Contradiction[] =>
  manifest.variants.flatMap((variant, index) =>
    Object.keys(variant.runs ?? {}).flatMap((name): Contradiction[] =>
      name.includes('.') || name in variant.counts
        ? []
        : [[['variants', index, 'runs', name], 'is nothing that this variant counts']],
    ),
  );

/** A script can only count: what goes up and down is made of its maps by `derive`. */
const underived = (manifest: Manifest): Contradiction[] =>
  manifest.metrics.flatMap(({ name, kind }, index): Contradiction[] =>
    kind !== 'gauge' ||
    manifest.variants.every(({ counts, derive }) => derive !== undefined || !(name in counts))
      ? []
      : [[['metrics', index, 'kind'], 'a gauge needs a variant that derives it']],
  );

const threadless = (manifest: Manifest): Contradiction[] =>
  manifest.metrics.flatMap(({ of, dims }, index): Contradiction[] =>
    of !== 'thread' || dims?.length === 1
      ? []
      : [[['metrics', index, 'of'], 'a thread is the one number in dims']],
  );

/** What is no process's has no other form: it is shown, kept and exported as a histogram of each device. */
const undevised = (manifest: Manifest): Contradiction[] =>
  manifest.metrics.flatMap(({ of, kind }, index): Contradiction[] =>
    of !== 'device' || kind === 'histogram'
      ? []
      : [[['metrics', index, 'of'], 'only a histogram is counted by device alone']],
  );

/** Whoever reads a histogram finds what its calls took together beside it. */
const unsummed = (manifest: Manifest): Contradiction[] =>
  manifest.metrics.flatMap(({ kind, histogramOf, unit, dims }, index): Contradiction[] => {
    if (kind !== 'histogram')
      return histogramOf === undefined
        ? []
        : [[['metrics', index, 'histogramOf'], 'only a histogram is one of another metric']];
    const sum = manifest.metrics.find(({ name }) => name === histogramOf);
    if (sum?.kind !== 'counter' || sum.unit !== 'ns')
      return [[['metrics', index, 'histogramOf'], 'must name a counter of this probe in ns']];
    if (unit !== 'count') return [[['metrics', index, 'unit'], 'a histogram counts: its unit is count']];
    return dims === undefined ? [] : [[['metrics', index, 'dims'], 'a histogram has buckets alone']];
  });

const uncounted = (manifest: Manifest): Contradiction[] =>
  manifest.metrics.flatMap((metric, index): Contradiction[] =>
    manifest.variants.some((variant) => metric.name in variant.counts)
      ? []
      : [[['metrics', index], `no variant counts "${metric.name}"`]],
  );
