/** Keys that ask in which way first: one more key answers, Enter takes the first, Esc none. */
import { longDuration } from '../format/numbers.ts';
import type { View } from '../view.ts';

export type SavedFrom = 'now' | 'held';
export type Picture = 'text' | 'svg' | 'html';

/** What an answer asks of the outside. */
export type Chosen =
  | { readonly type: 'record'; readonly from: SavedFrom }
  | { readonly type: 'export'; readonly as: Picture };

export type Choice = {
  readonly key: string;
  readonly text: (view: View) => string;
  readonly effect: Chosen;
};

export type Question = { readonly title: string; readonly choices: readonly Choice[] };

export const QUESTIONS = {
  record: {
    title: 'record',
    choices: [
      { key: 'n', text: () => 'from now on', effect: { type: 'record', from: 'now' } },
      {
        key: 'h',
        text: ({ playback }) => `also the ${heldText(playback)} held in memory`,
        effect: { type: 'record', from: 'held' },
      },
    ],
  },
  export: {
    title: 'write this view as',
    choices: [
      { key: 't', text: () => 'text', effect: { type: 'export', as: 'text' } },
      { key: 's', text: () => 'SVG', effect: { type: 'export', as: 'svg' } },
      { key: 'h', text: () => 'HTML', effect: { type: 'export', as: 'html' } },
    ],
  },
} as const satisfies Readonly<Record<string, Question>>;

export type QuestionName = keyof typeof QUESTIONS;

export const questionOf = (kind: string): Question | null =>
  Object.hasOwn(QUESTIONS, kind) ? QUESTIONS[kind as QuestionName] : null;

/** Where it could only be done in one way, nothing is asked; null. */
export const questionFor = (name: QuestionName, view: View): QuestionName | null => {
  if (view.snapshot === null) return null;
  if (name === 'record' && (view.ui.mode !== 'live' || view.recording !== '' || view.playback === null))
    return null;
  return name;
};

const heldText = (playback: View['playback']): string =>
  longDuration(playback === null ? 0 : (playback.endUs - playback.startUs) / 1e6);
