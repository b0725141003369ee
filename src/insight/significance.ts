/**
 * Which pairs are more than chance, when so many are looked at: Benjamini-Hochberg within strata of how many spikes each
 * series has, which does not look at whether they coincide. How many pairs a stratum has follows from that, too.
 */
import { LINK } from './params.ts';
import type { Spike } from './series.ts';

type Looked = {
  readonly log10P: number;
  readonly spikesOfA: number;
  readonly spikesOfB: number;
};

type Stratum = {
  readonly holds: (pair: Looked) => boolean;
  /** What the least probable of its pairs may have by chance. */
  readonly budgetATest: number;
};

export const strataOf = (spikesOf: ReadonlyMap<number, readonly Spike[]>): readonly Stratum[] => {
  const counts = new Map<number, number>();
  for (const { length } of spikesOf.values()) counts.set(length, (counts.get(length) ?? 0) + 1);
  return LINK.strata.map(({ least, share }, index) => {
    const below = LINK.strata[index - 1]?.least ?? Number.POSITIVE_INFINITY;
    const inside = (fewer: number): boolean => fewer >= least && fewer < below;
    let tests = 0;
    for (const [x, seriesX] of counts) {
      if (inside(x)) tests += (seriesX * (seriesX - 1)) / 2;
      for (const [y, seriesY] of counts) if (y > x && inside(x)) tests += seriesX * seriesY;
    }
    return {
      holds: ({ spikesOfA, spikesOfB }) => inside(Math.min(spikesOfA, spikesOfB)),
      budgetATest: (LINK.falseDiscoveryRate * share) / tests,
    };
  });
};

/** Whether it can be significant among at most so many pairs: what is less likely than all may be by chance is not needed. */
export const maySignify = (strata: readonly Stratum[], pair: Looked, pairs: number): boolean => {
  const stratum = strata.find(({ holds }) => holds(pair));
  return stratum !== undefined && pair.log10P <= Math.log10(stratum.budgetATest * pairs);
};

/** `pairs` are, of so many, at least those that may be. */
export const markSignificant = (
  strata: readonly Stratum[],
  pairs: readonly (Looked & { significant: boolean })[],
  of: number,
): void => {
  for (const stratum of strata) {
    // Sorting is what costs.
    const ranked = pairs
      .filter((pair) => maySignify([stratum], pair, of))
      .sort((x, y) => x.log10P - y.log10P);
    let last = -1;
    ranked.forEach(({ log10P }, rank) => {
      if (10 ** log10P <= stratum.budgetATest * (rank + 1)) last = rank;
    });
    for (const pair of ranked.slice(0, last + 1)) pair.significant = true;
  }
};
