/** The few distributions that chance is measured with. Pure; logarithms to base 10 where the name says so. */

const FACTORIALS = 4_096;
const logFactorial = new Float64Array(FACTORIALS);
for (let n = 1; n < FACTORIALS; n += 1) logFactorial[n] = (logFactorial[n - 1] ?? 0) + Math.log(n);

const lnFactorial = (n: number): number =>
  n < FACTORIALS ? (logFactorial[n] ?? 0) : n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n);

/** log10 P(X >= k) for a Poisson count of mean `mean`; 0 for k <= 0. */
export const log10PoissonTail = (k: number, mean: number): number => {
  if (k <= 0) return 0;
  if (mean <= 0) return Number.NEGATIVE_INFINITY;
  let sum = 1;
  let term = 1;
  for (let step = 1; step < 500; step += 1) {
    term *= mean / (k + step);
    sum += term;
    if (term < 1e-12 * sum) break;
  }
  return Math.min(0, (-mean + k * Math.log(mean) - lnFactorial(k) + Math.log(sum)) / Math.LN10);
};

/** P(theta > 1/2) when k of n fair or unfair coins fell one way, with a flat prior on theta. */
export const probabilityOfBias = (k: number, n: number): number => {
  let sum = 0;
  for (let j = 0; j <= k; j += 1) {
    sum += Math.exp(lnFactorial(n + 1) - lnFactorial(j) - lnFactorial(n + 1 - j) - (n + 1) * Math.LN2);
  }
  return Math.min(1, sum);
};

/** The middle one, the lower of two; NaN of none. Does not change the list. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

/** Linear between the two nearest values (Hyndman and Fan, 1996, type 7); 0 of none. */
export const quantile = (sorted: ArrayLike<number>, share: number): number => {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
};
