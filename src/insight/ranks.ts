/**
 * Two samples compared by ranks (Mann-Whitney), which needs no shape of the values: by what chance they are so far apart, where
 * the shift between them lies, and how sure one can be where many are compared at once (Benjamini and Hochberg, 1995).
 */

/** Fewer values on a side make nothing certain. */
const LEAST_PARTS = 4;

/**
 * Where the shift of the median lies at 95 %: the Mann-Whitney test turned round (Hodges and Lehmann, 1963), which is the
 * range of all differences of two parts without the outermost ones. Null where the parts are too few for it.
 */
export const shiftBetween = (a: readonly number[], b: readonly number[]): [number, number] | null => {
  if (a.length < LEAST_PARTS || b.length < LEAST_PARTS) return null;
  const differences = a.flatMap((from) => b.map((to) => to - from)).sort((x, y) => x - y);
  const pairs = a.length * b.length;
  const outside = Math.floor(pairs / 2 - 1.96 * Math.sqrt((pairs * (a.length + b.length + 1)) / 12));
  if (outside < 0) return null;
  return [differences[outside] ?? 0, differences[pairs - 1 - outside] ?? 0];
};

/** Two-sided chance of ranks so far apart, by the normal approximation with correction for ties. */
export const chanceOf = (a: readonly number[], b: readonly number[]): number => {
  if (a.length < LEAST_PARTS || b.length < LEAST_PARTS) return 1;
  const all = [
    ...a.map((value) => ({ value, first: true })),
    ...b.map((value) => ({ value, first: false })),
  ].sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    const tied = to - from;
    ties += tied ** 3 - tied;
    for (let at = from; at < to; at += 1) if (all[at]?.first === true) rankSum += rank;
    from = to;
  }
  const n = all.length;
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const middle = (a.length * b.length) / 2;
  const variance = ((a.length * b.length) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(u - middle) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperTail(z));
};

/** P(Z > z), Abramowitz and Stegun 26.2.17: off by less than 1e-7. */
const upperTail = (z: number): number => {
  const t = 1 / (1 + 0.231_641_9 * z);
  const poly =
    t *
    (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
};

/** Benjamini-Hochberg: the share of false ones among those at least as sure. */
export const adjust = (chances: readonly number[]): number[] => {
  const order = chances.map((_, index) => index).sort((a, b) => (chances[a] ?? 1) - (chances[b] ?? 1));
  const adjusted = new Array<number>(chances.length).fill(1);
  let least = 1;
  for (let rank = order.length; rank >= 1; rank -= 1) {
    const index = order[rank - 1] ?? 0;
    least = Math.min(least, ((chances[index] ?? 1) * order.length) / rank);
    adjusted[index] = least;
  }
  return adjusted;
};
