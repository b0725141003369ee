// npm run honest: every metric of every probe against an independent witness, with other work beside it, and writes
// docs/honesty.md. As root. One line for each case as it ends; exit status 1 when one number reported as exact is not, or a
// bound does not hold.
//
//   --part ci      the part that runs in CI, cases of one kind in one recording
//   --case TEXT    only the case of this name, or those whose names contain it (repeatable)
//   --together     cases of one kind in one recording: quicker, and marked ≥ or ≈ together where one of them is
//   --list         names them
//   --keep FILE    adds the results to this file; with --from FILE docs/honesty.md is written from it, nothing is tried
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileAll } from './actors.mjs';
import { CASES } from './cases/index.mjs';
import { documentOf } from './document.mjs';
import { whyNothing } from './here.mjs';
import { closing, lineOf } from './lines.mjs';
import { later, tidyOnSignals, tidyUp } from './tidy.mjs';
import { tryCases } from './trial.mjs';

const DOCUMENT = new URL('../../docs/honesty.md', import.meta.url);

const { values: options } = parseArgs({
  options: {
    part: { type: 'string' },
    case: { type: 'string', multiple: true },
    together: { type: 'boolean' },
    list: { type: 'boolean' },
    keep: { type: 'string' },
    from: { type: 'string' },
  },
});

const main = async () => {
  const isMeant = (id, text) => (CASES.some((one) => one.id === text) ? id === text : id.includes(text));
  const wanted = CASES.filter(({ id, part }) => {
    const named = options.case === undefined || options.case.some((text) => isMeant(id, text));
    return named && (options.part === undefined || part === options.part);
  });
  if (options.list) return say(wanted.map(({ id }) => id).join('\n'));
  if (options.from !== undefined) return write(readResults(options.from));
  const why = whyNothing();
  if (why !== null) {
    say(`honest: skipped all ${wanted.length} cases: ${why}`);
    return 0;
  }
  const results = await tryAll(wanted);
  say(closing(results));
  if (options.part === undefined && options.case === undefined) write(results);
  return results.some(({ rows, failed }) => failed || rows.some(({ verdict }) => verdict === 'LIE')) ? 1 : 0;
};

const tryAll = async (wanted) => {
  tidyOnSignals();
  const root = mkdtempSync(join(tmpdir(), 'honest-'));
  later(() => rmSync(root, { recursive: true, force: true }));
  const programs = compileAll(join(root, 'bin'));
  const all = [];
  for (const { cases, budget } of recordingsOf(wanted)) {
    process.stderr.write(`honest: ${cases.map(({ id }) => id).join(' · ')} (budget ${budget})\n`);
    let results;
    try {
      results = await tryCases(cases, { root, programs, budget });
    } catch (error) {
      results = cases.map(({ id }) => ({ id, budget, rows: [], ms: 0, failed: error.message }));
    }
    for (const result of results) {
      say(lineOf(result));
      if (options.keep !== undefined) appendFileSync(options.keep, `${JSON.stringify(result)}\n`);
    }
    all.push(...results);
  }
  tidyUp();
  return all;
};

/**
 * In CI, cases that are recorded alike share a recording; else each has its own, so that none is reported by another's marks.
 * A storm is reported by nothing but its own recordings.
 */
const recordingsOf = (wanted) => {
  if (options.part === undefined && !options.together) return wanted.flatMap(alone);
  const isAlone = ({ budgets }) => options.part === undefined && budgets.length > 1;
  const groups = groupBy(
    wanted.filter((one) => !isAlone(one)),
    kindOf,
  );
  return [
    ...[...groups.values()].map((cases) => ({ cases, budget: cases[0].budgets[0] })),
    ...wanted.filter(isAlone).flatMap(alone),
  ];
};

const alone = (one) => one.budgets.map((budget) => ({ cases: [one], budget }));

const kindOf = ({ id, probes, alone: isAlone, args, env, through }) =>
  isAlone || args || env || through ? id : probes;

const groupBy = (items, keyOf) => {
  const groups = new Map();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** A case that was tried again is reported as it went the last time; in the order of the cases. */
const readResults = (file) => {
  const last = new Map();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const result = JSON.parse(line);
    last.set(`${result.id} ${result.budget}`, result);
  }
  const place = ({ id }) => CASES.findIndex((one) => one.id === id);
  return [...last.values()].filter((one) => place(one) >= 0).sort((a, b) => place(a) - place(b));
};

const write = (results) => {
  const cases = CASES.map(({ id }) => id);
  writeFileSync(DOCUMENT, documentOf(results, cases));
  return 0;
};

const say = (text) => {
  process.stdout.write(`${text}\n`);
  return 0;
};

process.exitCode = await main();
