/** Which spikes of two series are near each other, series by series: of all of them at once a pair would take 200 bytes. */
import type { Match } from './coincide.ts';
import type { Crowded } from './crowds.ts';
import { LINK } from './params.ts';
import type { Spike } from './series.ts';

/** Numbers of two series, the smaller first, and all their spikes that are near each other. */
export type Near = readonly [a: number, b: number, candidates: readonly Match[]];

/** `spikes` in order of their ticks. */
export function* nearIn(spikes: readonly Spike[], crowded: Crowded): Generator<Near> {
  const reach = reachOf(spikes);
  for (const [a, own] of indicesBySeries(spikes)) {
    const met = new Map<number, Match[]>();
    for (const index of own) {
      const spike = spikes[index] as Spike;
      for (let at = reach.from(index); at < reach.end(index); at += 1) {
        const other = spikes[at] as Spike;
        if (other.series <= a || crowded(spike, other)) continue;
        const known = met.get(other.series);
        if (known === undefined) met.set(other.series, [[spike, other]]);
        else known.push([spike, other]);
      }
    }
    for (const [b, candidates] of met) yield [a, b, candidates];
  }
}

/** No more pairs of series can be near each other. */
export const mostNear = (spikes: readonly Spike[]): number => {
  const reach = reachOf(spikes);
  return spikes.reduce((sum, _, index) => sum + reach.end(index) - index - 1, 0);
};

type Reach = {
  /** Index of the first spike within reach. */
  from(index: number): number;
  /** And of the first after them that is not. */
  end(index: number): number;
};

const reachOf = (spikes: readonly Spike[]): Reach => {
  const [froms, ends] = [new Int32Array(spikes.length), new Int32Array(spikes.length)];
  let [from, end] = [0, 0];
  spikes.forEach(({ tick }, index) => {
    while ((spikes[from] as Spike).tick < tick - LINK.reachTicks) from += 1;
    while (end < spikes.length && (spikes[end] as Spike).tick <= tick + LINK.reachTicks) end += 1;
    froms[index] = from;
    ends[index] = end;
  });
  return { from: (index) => froms[index] ?? 0, end: (index) => ends[index] ?? 0 };
};

const indicesBySeries = (spikes: readonly Spike[]): Map<number, number[]> => {
  const bySeries = new Map<number, number[]>();
  spikes.forEach(({ series }, index) => {
    const own = bySeries.get(series);
    if (own === undefined) bySeries.set(series, [index]);
    else own.push(index);
  });
  return bySeries;
};
