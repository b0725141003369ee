/**
 * Room for spikes is bounded. What of a long and busy session is worth remembering is what was loud: of the older half the
 * faintest go, so that its incidents stay, however long ago they were.
 */
import type { Insight } from './detector-state.ts';
import { MAX_SPIKES } from './params.ts';
import type { Spike } from './series.ts';

/** Of so many as there is room for, the later half stays as it is, and the older keeps half of that, the loudest. */
const LATER = MAX_SPIKES / 2;
const OLDER = MAX_SPIKES / 4;

export const thinSpikes = (insight: Insight): void => {
  const { spikes } = insight;
  const older = spikes.slice(0, -LATER);
  const kept = loudest(older, OLDER);
  insight.forgotten += older.length - kept.length;
  insight.thinnedUs = older.at(-1)?.startUs ?? insight.thinnedUs;
  spikes.splice(0, older.length, ...kept);
};

/** In their order; of those as loud as the last that stays, the latest. */
const loudest = (spikes: readonly Spike[], most: number): Spike[] => {
  const scores = Float64Array.from(spikes, ({ score }) => score).sort();
  const least = scores[scores.length - most] ?? Number.NEGATIVE_INFINITY;
  const louder = spikes.filter(({ score }) => score > least);
  const asLoud = spikes.filter(({ score }) => score === least).slice(-Math.max(1, most - louder.length));
  const stays = new Set([...louder, ...asLoud]);
  return spikes.filter((spike) => stays.has(spike));
};
