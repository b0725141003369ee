// What a summary says of one metric of one process, or of all together: the value, how it is marked, what bound it
// states. This is the reader's view: a metric that is absent and marked in no way is a zero, reported as exact.

const MARKS = { exact: '=', estimate: '≈', 'lower-bound': '≥', 'not-covered': '–' };

/**
 * @param who `{ pid, comm? }`, a comm picks one of several processes of that PID; `{ pids }`, these together; null for
 * the total of all
 */
export const reportedOf = (summary, metric, who) => {
  const descriptor = summary.metrics.find(({ id }) => id === metric);
  if (descriptor === undefined)
    return { value: 0, mark: '–', bound: null, reason: whyAbsent(summary, metric) };
  const whole = summary.coverage[metric] ?? { coverage: 'exact', reasons: [] };
  if (who === null) return reported(summary.totals[metric] ?? 0, whole);
  const rows = summary.pids.filter(
    ({ pid, comm }) =>
      (who.pids?.includes(pid) ?? pid === who.pid) && (who.comm === undefined || comm === who.comm),
  );
  const uncovered = rows.map((row) => row.uncovered?.[metric]).find((reason) => reason !== undefined);
  const values = rows.map((row) => row.metrics[metric] ?? 0);
  const value =
    descriptor.kind === 'max' ? Math.max(0, ...values) : values.reduce((sum, one) => sum + one, 0);
  if (uncovered !== undefined && rows.every((row) => row.metrics[metric] === undefined)) {
    return { value: 0, mark: '–', bound: null, reason: uncovered };
  }
  // What is said of the process itself goes before what is said of all.
  const own = rows.map((row) => ofItself(row, metric)).find((said) => said !== undefined);
  return reported(value, own ?? whole);
};

const ofItself = (row, metric) =>
  row.coverage?.[metric] ??
  (row.shared === undefined ? undefined : { coverage: 'estimate', reasons: [row.shared] });

const reported = (value, { coverage, reasons }) => ({
  value,
  mark: MARKS[coverage],
  bound: MARKS[coverage] === '≈' ? boundOf(value, reasons) : null,
  reason: reasons.join('; '),
});

/** The bounds that the reasons of an estimate state, in the words of the page. */
const STATED = [
  [/too high by (\d+) at most/, (value, most) => [value - most, value]],
  [/at most so many/, (value) => [0, value]],
  [/by how much is not known/, () => [0, Number.POSITIVE_INFINITY]],
  // Those that failed are in it, and nobody knows how many.
  [
    /off by no more than (\d+) times the square root of the number and (\d+)/,
    (value, times, least) => [0, value + Math.ceil(times * Math.sqrt(value)) + Number(least)],
  ],
];

/** The widest of what they state; one that states nothing says that there may be more. Null when none bounds it. */
const boundOf = (value, reasons) => {
  const bounds = reasons.map((reason) => {
    const [words, stated] = STATED.find(([pattern]) => pattern.test(reason)) ?? [];
    return words === undefined ? null : stated(value, ...words.exec(reason).slice(1));
  });
  const given = bounds.filter((bound) => bound !== null);
  if (given.length === 0) return null;
  const least = Math.max(0, Math.min(...given.map(([low]) => low)));
  return [least, given.length < bounds.length ? Infinity : Math.max(...given.map(([, high]) => high))];
};

const whyAbsent = (summary, metric) => {
  const probe = summary.probes.find(({ id }) => metric.startsWith(`${id}.`));
  if (probe === undefined) return 'its probe is not in this recording';
  return probe.reason ?? `variant ${probe.variant} of ${probe.id} does not count it`;
};
