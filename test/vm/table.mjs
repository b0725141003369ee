// The rows of the matrix: printed as they come, counted, and kept for docs/kernels.md.

const COLUMNS = [
  ['kernel', 7],
  ['bpftrace', 9],
  ['probe', 11],
  ['variant', 17],
  ['metric', 22],
  ['expected', 34],
  ['counted', 34],
  ['verdict', 0],
];

export const createTable = () => {
  const rows = [];
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const print = (row) => process.stdout.write(`${line(row)}\n`);

  const add = (kernel, row) => {
    if (rows.length === 0) print(Object.fromEntries(COLUMNS.map(([name]) => [name, name])));
    const whole = { bpftrace: '-', variant: '-', metric: '-', expected: '-', counted: '-', ...row, kernel };
    rows.push(whole);
    totals[whole.verdict] += 1;
    print(whole);
  };

  return {
    add,
    /** A kernel that could not be tried at all. */
    skip: (kernel, why) => add(kernel, { probe: 'all', expected: why, verdict: 'skipped' }),
    fail: (kernel, why) => {
      add(kernel, { probe: 'all', expected: 'all trials', counted: 'not all', verdict: 'failed' });
      process.stdout.write(`${why}\n`);
    },
    /** For docs/kernels.md; `made` says of each kernel what its disk was made of, `minutes` how long all of it took. */
    markdown: (made, minutes) =>
      [...INTRODUCTION, ...made, '', `All of it took ${minutes.toFixed(0)} minutes. ${sum(totals)}.`, '']
        .concat(markdownRows(rows), '')
        .join('\n'),
    /** Prints the last line; the exit status. */
    close: () => {
      process.stdout.write(`${sum(totals)}\n`);
      return totals.failed > 0 ? 1 : 0;
    },
  };
};

const INTRODUCTION = [
  '# Kernels',
  '',
  'Written by `npm run test:vm -- --markdown docs/kernels.md`: what each probe was expected to count on each kernel, and',
  'what it counted. A number alone is a known count; with "perf", "/proc/vmstat" or another name in brackets it is that',
  "witness's, inside and around the recording. How it is done: [ADR 0011](adr/0011-kernel-matrix.md).",
  '',
];

const sum = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

const line = (row) => COLUMNS.map(([name, width]) => String(row[name]).padEnd(width)).join('  ');

const markdownRows = (rows) => {
  const names = COLUMNS.map(([name]) => name);
  const cells = (values) => `| ${values.join(' | ')} |`;
  return [
    cells(names),
    cells(names.map(() => '---')),
    ...rows.map((row) => cells(names.map((name) => String(row[name]).replaceAll('|', '\\|')))),
  ];
};
