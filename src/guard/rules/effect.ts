/** What an action changed: the rates of a finding's own metrics before it began and after it ended. */
import { EFFECTS } from './actions.ts';
import type { Effect, Observation } from './policy.ts';

/** How much of the time before an action is looked at, and after it. */
export const WINDOW_US = 10e6;
/** What had begun before it ended may still end. */
export const SETTLE_US = 2e6;
/** As much of what hurt may be left. */
const MOST_LEFT = 0.5;

export type Totals = Pick<Observation, 'atUs' | 'counted' | 'totals'>;

/** Samples that a window can be made of, the oldest first. */
export const keepRecent = (past: readonly Totals[], sample: Totals): Totals[] => [
  ...past.filter(({ atUs }) => sample.atUs - atUs <= WINDOW_US),
  { atUs: sample.atUs, counted: sample.counted, totals: sample.totals },
];

/** Per second between the first and the last sample; null where there are no two, or one does not say. */
const rateIn = (window: readonly Totals[], metric: string): number | null => {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined || last.atUs <= first.atUs) return null;
  const [from, to] = [first.totals[metric], last.totals[metric]];
  return from === undefined || to === undefined || to < from
    ? null
    : ((to - from) * 1e6) / (last.atUs - first.atUs);
};

/** Totals go on over a sample for which the tracer was not read. What it missed makes this less, and help harder to claim. */
const rateBefore = (past: readonly Totals[], metric: string): number | null =>
  rateIn(
    past.filter(({ counted }) => counted),
    metric,
  );

/** What it missed here would pass for help: then nothing is said. */
const rateAfter = (window: readonly Totals[], metric: string): number | null =>
  window.every(({ counted }) => counted) ? rateIn(window, metric) : null;

export const effectsOf = (
  finding: string,
  before: readonly Totals[],
  after: readonly Totals[],
): readonly Effect[] =>
  (EFFECTS[finding] ?? [])
    .map((metric) => ({ metric, before: rateBefore(before, metric), after: rateAfter(after, metric) }))
    .filter((effect) => effect.before !== null || effect.after !== null);

/** Whether something that an action could make fall is seen to grow: what does not, nobody can judge later. */
export const isGrowing = (finding: string, past: readonly Totals[]): boolean =>
  (EFFECTS[finding] ?? []).some((metric) => (rateBefore(past, metric) ?? 0) > 0);

/** By the first metric that hurt before; null where none was seen to, or it is not known what came after. */
export const hasHelped = (effects: readonly Effect[]): boolean | null => {
  const decisive = effects.find(({ before }) => before !== null && before > 0);
  if (decisive === undefined || decisive.before === null || decisive.after === null) return null;
  return decisive.after <= decisive.before * MOST_LEFT;
};
