/** Rates follow what was counted with some delay, so that one tick alone neither makes a failure nor ends it. */

/** Weight of a new tick. */
const FRESH = 0.35;

export const smooth = (rates: Map<string, number>, metric: string, value: number): void => {
  const before = rates.get(metric) ?? 0;
  rates.set(metric, before + FRESH * (value - before));
};
