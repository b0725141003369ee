/** What lies over the signals: findings, gaps and marks, as stretches of the time axis. */
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';

export type Band = {
  readonly kind: 'finding' | 'gap' | 'mark';
  readonly fromUs: number;
  readonly toUs: number;
  /** Short, as it stands on the axis: a number, or a letter for a mark. */
  readonly sign: string;
  readonly text: string;
};

const MOST_OF_EACH = 40;

export const bandsOf = ({ analysis, snapshot, marks }: Page): readonly Band[] => [
  ...analysis.findings.slice(0, MOST_OF_EACH).map(
    ({ startUs, endUs, title }, index): Band => ({
      kind: 'finding',
      fromUs: startUs,
      toUs: endUs,
      sign: String(index + 1),
      text: title,
    }),
  ),
  ...snapshot.losses.gaps.slice(0, MOST_OF_EACH).map(
    ({ fromBootUs, toBootUs, reason }): Band => ({
      kind: 'gap',
      fromUs: fromBootUs,
      toUs: toBootUs,
      sign: '',
      text: reason,
    }),
  ),
  ...marks.slice(0, MOST_OF_EACH).map(
    ({ bootUs, text }, index): Band => ({
      kind: 'mark',
      fromUs: bootUs,
      toUs: bootUs,
      sign: letterOf(index),
      text,
    }),
  ),
];

/** A, B, … Z, A1, B1 … */
const letterOf = (index: number): string =>
  String.fromCharCode(65 + (index % 26)) + (index < 26 ? '' : String(Math.floor(index / 26)));

/** What the signs on the axis stand for. */
export const bandList = (bands: readonly Band[], { times, replayFrom }: Page): Html => {
  if (bands.length === 0) return NOTHING;
  return html`<ul class="bands">${bands.map(
    ({ kind, fromUs, toUs, sign, text }) =>
      html`<li><span class="key ${kind}">${sign === '' ? '▨' : sign}</span> ${KIND_WORDS[kind]} ${times.at(fromUs)}${
        kind === 'mark' ? NOTHING : html` to ${times.at(toUs)}`
      }: ${text} <code class="command">${replayFrom(fromUs)}</code></li>`,
  )}</ul>`;
};

const KIND_WORDS: Readonly<Record<Band['kind'], string>> = { finding: 'Finding', gap: 'Gap', mark: 'Mark' };
