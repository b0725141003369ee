/**
 * Growth of files in extents, over the reports of `stallscope extents --into FILE`. A leak like those of memory: the least of each sixth of
 * the time is above the one before, to the end. A file that was put together, or written anew, does not pass.
 */
import { type CountedFile, describedFile, EXTENTS_SERIES, MANY_EXTENTS } from '../core/file-extents.ts';
import type { SessionState } from '../core/state.ts';
import { extentGrowth } from './findings/extent-growth.ts';
import type { Finding } from './findings/finding.ts';
import { EXTENT_GROWTH, LEAK } from './growth-params.ts';
import { addPoint, createGrowth, type ExtentsPoint, type Leaks, risesOf } from './leak-state.ts';

/** To be called after every sample was folded. */
export const watchExtents = ({ files }: Pick<Leaks, 'files'>, { host, bootUs }: SessionState): void => {
  for (const [metric, reading] of host) {
    if (!metric.startsWith(EXTENTS_SERIES)) continue;
    const growth = files.get(metric) ?? createGrowth<ExtentsPoint>();
    files.set(metric, growth);
    addPoint(growth, () => ({ bootUs, extents: reading.last }));
  }
};

type Grown = { readonly metric: string; readonly first: ExtentsPoint; readonly last: ExtentsPoint };

/** One for all of them: what it is about are files. */
export const extentFindings = ({ files }: Leaks, { metrics }: SessionState): Finding[] => {
  const grown = [...files]
    .flatMap(([metric, { points }]) => grownOf(metric, points))
    .sort((a, b) => extentsMore(b) - extentsMore(a));
  const [worst] = grown;
  if (worst === undefined) return [];
  const { id, title, severity, advice } = extentGrowth;
  return [
    {
      id,
      title,
      severity,
      confidence: EXTENT_GROWTH.confidence,
      suspect: null,
      nobody: 'a report does not say who writes',
      victims: [],
      startUs: Math.min(...grown.map(({ first }) => first.bootUs)),
      endUs: Math.max(...grown.map(({ last }) => last.bootUs)),
      evidence: [
        {
          metric: worst.metric,
          value: extentsMore(worst),
          unit: 'count',
          what: `more extents of the file that grew most, in ${daysOf(worst)} days, ${weeklyOf(worst)} a week`,
          atUs: worst.last.bootUs,
        },
        {
          metric: `${EXTENTS_SERIES}*`,
          value: grown.length,
          unit: 'count',
          what: 'files that lie in ever more extents',
          atUs: worst.last.bootUs,
        },
      ],
      files: grown
        .slice(0, EXTENT_GROWTH.mostFiles)
        .map((one) => fileOf(one, describedFile(metrics.get(one.metric)?.help ?? '') ?? one.metric)),
      missing: [],
      advice,
    },
  ];
};

const extentsMore = ({ first, last }: Grown): number => last.extents - first.extents;

const grownOf = (metric: string, points: readonly ExtentsPoint[]): Grown[] => {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2 * LEAK.parts) return [];
  if (last.bootUs - first.bootUs < EXTENT_GROWTH.leastMs * 1000 || last.extents < MANY_EXTENTS) return [];
  const { first: trough, rise, leastStep } = risesOf(points.map(({ bootUs, extents }) => [bootUs, extents]));
  const isEnough = rise >= Math.max(EXTENT_GROWTH.leastExtents, EXTENT_GROWTH.leastShare * trough);
  return isEnough && leastStep > LEAK.leastStep ? [{ metric, first, last }] : [];
};

const DAY_US = 86_400e6;

const daysOf = ({ first, last }: Grown): number => Math.round((last.bootUs - first.bootUs) / DAY_US);

const weeklyOf = (grown: Grown): number =>
  Math.round((extentsMore(grown) / (grown.last.bootUs - grown.first.bootUs)) * 7 * DAY_US);

const fileOf = ({ first, last }: Grown, path: string): CountedFile => ({
  path,
  extents: last.extents,
  earlier: { extents: first.extents, agoMs: Math.round((last.bootUs - first.bootUs) / 1000) },
});
