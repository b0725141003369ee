// docs/honesty.md: a row for each number that was judged; those of one case and metric that were reported alike stand
// together.
import os from 'node:os';
import { figure, toldText, trueOf } from './lines.mjs';
import { UNMENDED, UNTRIED } from './untried.mjs';

/** @param cases the names of all there are: those without a result are named */
export const documentOf = (results, cases) =>
  [
    ...introduction(results),
    ...wrong(results),
    ...(results.filter(({ cost }) => cost !== undefined).length > 0 ? costs(results) : []),
    '## Every number',
    '',
    'Those of one case that are of one verdict and were reported alike stand in one row.',
    '',
    '| case | metric | of | true | by | reported | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results.flatMap(rowsOf),
    '',
    ...notTried(results),
    ...notRun(results, cases),
    '',
  ].join('\n');

const introduction = (results) => {
  const rows = results.flatMap((result) => result.rows);
  const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
  return [
    '# Honesty',
    '',
    'Written by `npm run honest`. Each case has processes whose work is known, beside strangers that do the same, while the',
    'tool records. What its summary says of a metric is held against a witness that knows nothing of the tool: the',
    "process's own account, getrusage and /proc/PID/io, `perf stat` on that process alone, strace, the interpreter's own",
    "statistics, the kernel's totals in /proc.",
    '',
    '| verdict | meaning | numbers |',
    '| --- | --- | --- |',
    `| equal | reported as exact, and it is that | ${figure(count('equal'))} |`,
    `| within | reported as exact, and within what the witness can say: times, levels | ${figure(count('within'))} |`,
    `| bounded | marked ≥ or ≈, and the bound it states holds | ${figure(count('bounded'))} |`,
    `| uncovered | marked –, with a reason | ${figure(count('uncovered'))} |`,
    `| **LIE** | all else | ${figure(count('LIE'))} |`,
    '',
    `Tried on Linux ${os.release()}, ${os.cpus().length} CPUs; the other kernels are in [kernels.md](kernels.md).`,
    '',
    'One zero is known to be reported as exact and to be wrong: of a program of 64 bits that makes calls as one of 32 does',
    '(`int 0x80`). The kernel has no event for those calls, and nothing distinguishes such a program. Programs of 32 bits are',
    'recognised, and uncovered.',
    '',
  ];
};

/** Each case that does not hold, by name, and each that is known not to: it may have held by luck. */
const wrong = (results) => {
  const lies = ({ rows }) => rows.some(({ verdict }) => verdict === 'LIE');
  const cases = [
    ...new Set(results.filter((one) => lies(one) || UNMENDED[one.id] !== undefined).map(({ id }) => id)),
  ];
  if (cases.length === 0) return [];
  const luck = (id) =>
    results.some((one) => one.id === id && lies(one)) ? '' : ' (this time it held, by luck)';
  const lines = cases.map((id) => `- ${id}: ${UNMENDED[id] ?? 'not understood'}${luck(id)}`);
  return ['## What does not hold', '', ...lines, ''];
};

const costs = (results) => [
  '## What the storms cost',
  '',
  'Time of the calls by the own clock of the process, traced over untraced: medians of three runs while recording, and of',
  'three before and three after. Where the machine had other work beside it (its load), they say little.',
  '',
  '| case | budget | load | traced / untraced |',
  '| --- | --- | --- | --- |',
  ...results
    .filter(({ cost }) => cost !== undefined)
    .map(
      ({ id, budget, cost, load }) =>
        `| ${id} | ${budget} | ${load?.toFixed(1) ?? 'not noted'} | ${cost.toFixed(2)} × |`,
    ),
  '',
];

const rowsOf = ({ id, budget, rows, skipped, failed }) => {
  const name = budget === 'off' ? id : `${id} (budget ${budget})`;
  if (skipped !== undefined) return [`| ${name} | all | | | | skipped: ${cell(skipped)} | |`];
  if (failed !== undefined) return [`| ${name} | all | | | | failed: ${cell(failed.split('\n')[0])} | |`];
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.metric} ${row.verdict} ${row.mark} ${row.by} ${row.verdict === 'equal' ? row.low : ''}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((alike) => {
    const all = (textOf) => [...new Set(alike.map(textOf))].slice(0, SHOWN).join('; ');
    const verdict = alike[0].verdict === 'LIE' ? '**LIE**' : alike[0].verdict;
    const cells = [name, alike[0].metric, namesOf(alike), all(trueOf), alike[0].by, all(toldText), verdict];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
};

const SHOWN = 3;

const namesOf = (alike) => {
  const names = alike.map(({ name }) => name);
  return names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
};

const cell = (text) => String(text).replaceAll('|', '\\|');

const notTried = (results) => {
  const tried = new Set(results.flatMap(({ rows }) => rows.map(({ metric }) => metric)));
  const left = Object.entries(UNTRIED).filter(([metric]) => !tried.has(metric));
  if (left.length === 0) return [];
  return ['## Not tried here', '', ...left.map(([metric, why]) => `- \`${metric}\`: ${why}`)];
};

const notRun = (results, cases) => {
  const left = cases.filter((id) => !results.some((result) => result.id === id));
  if (left.length === 0) return [];
  const title = `## Not run: ${left.length} of ${cases.length} cases`;
  return ['', title, '', ...left.map((id) => `- ${id}`)];
};
