// What a trial says of a count: a claim is a row of the matrix once the count is known.

/** The count must be this number. */
export const exactly = (metric, expected, counted, of = '') => ({
  metric,
  expected: `${expected}${of === '' ? '' : ` (${of})`}`,
  counted: String(counted),
  verdict: counted === expected ? 'passed' : 'failed',
});

/** The count must lie between two that a witness gives: see witness.mjs. */
export const between = (metric, least, most, counted, of) => ({
  metric,
  expected: least === most ? `${least} (${of})` : `${least} to ${most} (${of})`,
  counted: String(counted),
  verdict: counted >= least && counted <= most ? 'passed' : 'failed',
});

/** The same for times in ns, shown in ms. */
export const timeBetween = (metric, leastNs, mostNs, countedNs, of) => ({
  metric,
  expected: `${milliseconds(leastNs)} to ${milliseconds(mostNs)} ms (${of})`,
  counted: `${milliseconds(countedNs)} ms`,
  verdict: countedNs >= leastNs && countedNs <= mostNs && countedNs > 0 ? 'passed' : 'failed',
});

/**
 * What is marked says less: of a lower bound, that there were as many at least; of an estimate without a bound, nothing.
 * Marked so by the tool itself, because the kernel skipped runs of a program that counts.
 */
export const asMarked = (claim, mark) => {
  if (claim.verdict !== 'failed' || mark === null) return claim;
  const [most] = /[\d.]+(?= ms \(| \()|[\d.]+$/.exec(claim.expected) ?? [];
  const holds = mark === 'estimate' || Number.parseFloat(claim.counted) <= Number(most);
  return holds
    ? { ...claim, counted: `${mark === 'estimate' ? '≈' : '≥'} ${claim.counted}`, verdict: 'passed' }
    : claim;
};

/** Nothing can be said here, and why. */
export const impossible = (metric, why) => ({
  metric,
  expected: `not possible because ${why}`,
  counted: '-',
  verdict: 'skipped',
});

const milliseconds = (ns) => (ns / 1e6).toFixed(ns < 1e8 ? 2 : 0);
