/** What the help page and the reference say beside the key table: where a key belongs, and what the signs mean. */
import type { Glyphs } from '../format/glyphs.ts';
import type { KeyContext } from './keys.ts';

export const CONTEXT_TITLES: readonly (readonly [KeyContext, string])[] = [
  ['anywhere', 'Everywhere'],
  ['table', 'In the table'],
  ['signals', 'In the signals'],
  ['page', 'In detail, finding, session and help'],
  ['list', 'In a list'],
  ['columns', 'In the columns'],
  ['findings', 'In the findings'],
  ['hosts', 'In the list of hosts'],
  ['live', 'Live'],
  ['replay', 'Replay'],
  ['input', 'While typing a filter, a time or a mark'],
];

/** What people look for and do not find, and why. */
export const REFUSED: readonly (readonly [what: string, why: string])[] = [
  [
    'kill, renice',
    'are refused on purpose: this tool looks, and a wrong key changes nothing. A finding prints the command and its risk, for a person to type',
  ],
];

export const signsOf = (glyphs: Glyphs): readonly (readonly [sign: string, meaning: string])[] => [
  [
    `F ! M ${glyphs.gap}`,
    'above the signals: a finding began, something spiked, a mark, nothing was counted',
  ],
  [`${glyphs.leads} 2s`, 'beside a signal: it leads the other by so much; the most certain link only'],
  [glyphs.zero, 'zero: counted, and nothing happened'],
  [glyphs.notCovered, 'not covered: nothing here counts this'],
  [`${glyphs.about}12`, 'about 12: not exact, the session page (i) says by how much'],
  [`${glyphs.atLeast}12`, 'at least 12: something was missed, the session page (i) says what'],
  [glyphs.ended, 'the process has ended; its counts stay'],
  ['25.0%', 'of a time counter: share of the last interval spent in it; above 150 % as many at once:'],
  ['24thr', '24 threads at once (req: requests of a disk; cpu: CPUs on which a control group is held back)'],
  [
    `${glyphs.levels[1]}${glyphs.levels[4]}${glyphs.levels[7]}`,
    'one cell per sample, the newest at the right, blank where nothing was read; signals each on their own scale, processes on one',
  ],
];
