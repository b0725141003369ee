// What is printed: a line for each case, a line for each number that does not hold, and the sum.

const VERDICTS = ['equal', 'within', 'bounded', 'uncovered', 'LIE'];

const countOf = (rows) =>
  VERDICTS.map((verdict) => [verdict, rows.filter((row) => row.verdict === verdict).length])
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');

export const lineOf = ({ id, budget, rows, ms, skipped, failed, cost }) => {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  const name = `${id}${budget === 'off' ? '' : ` (budget ${budget})`}`;
  if (failed !== undefined) return `FAILED   ${name}: ${failed}`;
  if (skipped !== undefined) return `skipped  ${name}: ${skipped}`;
  const lies = rows.filter(({ verdict }) => verdict === 'LIE');
  const cheap = cost === undefined ? '' : `, took ${cost.toFixed(2)} ×`;
  const verdict = (lies.length > 0 ? 'LIE' : 'holds').padEnd(8);
  return [
    `${verdict} ${name}: ${countOf(rows)}${cheap} (${seconds})`,
    ...lies.map(
      (row) =>
        `  LIE ${row.metric} of ${row.name}: true ${trueOf(row)} (${row.by}), reported ${toldText(row)}`,
    ),
  ].join('\n');
};

export const trueOf = ({ low, high }) => (low === high ? figure(low) : `${figure(low)} to ${figure(high)}`);

export const toldText = ({ value, mark, bound, reason }) => {
  if (mark === '–') return reason === '' ? '– without a reason' : `– ${reason}`;
  const sign = mark === '=' ? '' : `${mark} `;
  const text = typeof value === 'number' ? figure(value) : value;
  return `${sign}${text}${bound ? ` (${figure(bound[0])} to ${figure(bound[1])})` : ''}`;
};

/** JSON has no infinity: in kept results it is null. */
export const figure = (value) => {
  if (value === null || value === Infinity) return '∞';
  return typeof value === 'number' ? value.toLocaleString('en-US') : String(value);
};

export const closing = (results) => {
  const rows = results.flatMap((result) => result.rows);
  const skipped = results.filter((result) => result.skipped !== undefined).length;
  const failed = results.filter((result) => result.failed !== undefined).length;
  return `${results.length} cases: ${countOf(rows) || 'nothing counted'}; ${skipped} skipped, ${failed} failed`;
};
