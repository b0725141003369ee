// What incidents and comparisons are worth on fault injections, as a table: three generated families (seeds 1 to 40 of the first two
// were tuned on, these are others; nothing was tuned on the third), and, where their folder is named, the recorded ones, of which every other case was tuned on.
import { boardCase } from './board.mjs';
import { evaluateFaults } from './evaluate.mjs';
import { marketCase } from './market.mjs';
import { recordedCases } from './recorded.mjs';
import { FORMS } from './session.mjs';
import { shopCase } from './shop.mjs';

const seedsFrom = (first, count) => Array.from({ length: count }, (_, index) => first + index);
const generated = (make) => [
  ...seedsFrom(101, 50).map((seed) => make(seed)),
  ...seedsFrom(201, 20).map((seed) => make(seed, null)),
];

export const FAULT_HEAD = [
  'faults',
  'written as',
  'reported',
  'its suspect right',
  'somebody else named',
  'loudest spike within 90 s of it',
  'reported in the quiet',
  'compare: first / top 3',
];

/** A row for each set and way to write it; `folder` of the recorded cases, or ''. */
export const faultRows = (folder) => {
  const recorded = folder === '' ? [] : recordedCases(folder);
  const sets = [
    ['first family', generated(shopCase)],
    ['second family', generated(marketCase)],
    ['third family', generated(boardCase)],
    ['recorded, tuned on', recorded.filter((_, index) => index % 2 === 0)],
    ['recorded, held out', recorded.filter((_, index) => index % 2 === 1)],
  ];
  return sets
    .filter(([, cases]) => cases.length > 0)
    .flatMap(([name, cases]) =>
      Object.entries(FORMS).map(([written, form]) => rowOf(name, written, evaluateFaults(cases, form))),
    );
};

const rowOf = (name, written, figures) => {
  const { cases, reported, right, wrong, loudest, quietReported, quietHours, byFault, compared } = figures;
  const shares = Object.entries(byFault).map(([fault, one]) => `${fault} ${one.right} of ${one.cases}`);
  return [
    name,
    written,
    `${reported} of ${cases}`,
    `${right.toFixed(2)} (${shares.join(', ')})`,
    wrong.toFixed(2),
    loudest.toFixed(2),
    `${quietReported} in ${quietHours.toFixed(1)} h`,
    compared.map((one) => one.toFixed(2)).join(' / '),
  ];
};
