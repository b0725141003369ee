/** The last lines: where the moment shown lies in all that is known, what is being typed, and which keys help. */
import { realMsAt } from '../core/clock.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { PlaybackState } from '../session/playback.ts';
import { accountShown } from './finding/accounts.ts';
import type { Glyphs } from './format/glyphs.ts';
import { type Line, lineCells, packSegments, type Segment, segment, span, spread } from './format/line.ts';
import { clockTime, compact } from './format/numbers.ts';
import { cellsOf, clean, fitTo } from './format/text.ts';
import { type Question, questionOf } from './keys/choices.ts';
import { contextsOf, keyLabel } from './keys/keys.ts';
import type { LineInput } from './state.ts';
import type { View } from './view.ts';

export const statusLine = (snapshot: WatchedSnapshot | null, view: View): Line => {
  const { ui, size, glyphs, notice, recording } = view;
  if (ui.input !== null) return inputLine(ui.input, view);
  const words =
    ui.unknownKey === null ? notice : `${keyLabel(ui.unknownKey)} is not a key here: ? lists them`;
  return packSegments(
    [
      ...(words === '' ? [] : [segment(0, span(wordsOf(words, size.columns, glyphs), 'warn'))]),
      ...(recording === '' ? [] : [segment(0, span(` REC ${clean(recording, glyphs.charset)} `, 'alarm'))]),
      ...hintSegments(snapshot, view),
    ],
    size.columns,
    glyphs,
  );
};

/** The way out is seen beside whatever there is to say. */
const HINTS_LEAST = 12;

const wordsOf = (words: string, columns: number, glyphs: Glyphs): string => {
  const text = clean(words, glyphs.charset);
  const room = Math.max(columns >> 1, columns - HINTS_LEAST);
  return cellsOf(text) <= room ? text : fitTo(text, room, 'left', glyphs.ellipsis);
};

/** The keys that help now; what is not possible here is not offered. */
const hintSegments = (snapshot: WatchedSnapshot | null, view: View): Segment[] => {
  const contexts = contextsOf(view.ui);
  return view.keys.flatMap(({ id, hint, keys, where }) => {
    const key = keys[0];
    if (hint === undefined || key === undefined || !contexts.includes(where)) return [];
    if (!(POSSIBLE[id]?.(snapshot, view) ?? true)) return [];
    // A nearer context has taken the key.
    const taken = contexts.slice(0, contexts.indexOf(where));
    if (view.keys.some((other) => taken.includes(other.where) && other.keys.includes(key))) return [];
    const text = id === 'hold' && view.playback?.following === false ? 'follow' : hint.text;
    return [segment(hint.rank, span(keyLabel(key), 'accent'), span(` ${text}`, 'dim'))];
  });
};

const POSSIBLE: Readonly<Record<string, (snapshot: WatchedSnapshot | null, view: View) => boolean>> = {
  'show-finding': (snapshot, view) => snapshot !== null && accountShown(snapshot, view) !== null,
  finding: (snapshot, view) => snapshot !== null && accountShown(snapshot, view) !== null,
  findings: (snapshot, view) => snapshot !== null && accountShown(snapshot, view) !== null,
  'copy-finding': (snapshot, view) => snapshot !== null && accountShown(snapshot, view) !== null,
  'sort-menu': (_, { ui }) => ui.page === 'table',
  hosts: (_, { among }) => among !== null,
  hold: (_, { playback }) => playback !== null,
  jump: (_, { playback }) => playback !== null,
  'step-back': (_, { playback }) => playback !== null,
};

const PROMPTS = { filter: 'filter: ', jump: 'jump to: ', mark: 'mark: ' } as const;
const INPUT_HELP = {
  filter: 'java  4711  iomap.iter>1e6',
  jump: '14:02  14:02:30  3m ago  +90s',
  mark: 'what happened now: restarted QEMU',
} as const;

const inputLine = (input: LineInput, view: View): Line => {
  const { size, glyphs } = view;
  const question = questionOf(input.kind);
  if (question !== null) return questionLine(question, view);
  const kind = input.kind as keyof typeof PROMPTS;
  const left: Line = [
    span(PROMPTS[kind], 'title'),
    span(tail(input.text, size.columns - 14)),
    span(glyphs.cursor, 'accent'),
  ];
  return spread(
    left,
    [span(input.problem ?? INPUT_HELP[kind], input.problem === null ? 'dim' : 'bad')],
    size.columns,
  );
};

const questionLine = ({ title, choices }: Question, view: View): Line =>
  packSegments(
    [
      segment(0, span(`${title}:`, 'title')),
      ...choices.map(({ key, text }, index) =>
        segment(1 + index, span(keyLabel(key), 'accent'), span(` ${text(view)}`)),
      ),
      segment(9, span(keyLabel('esc'), 'accent'), span(' no', 'dim')),
    ],
    view.size.columns,
    view.glyphs,
  );

/** What is typed last is what must be seen. */
const tail = (text: string, cells: number): string => [...text].slice(-Math.max(1, cells)).join('');

export const positionLine = (
  snapshot: WatchedSnapshot,
  playback: PlaybackState,
  { size, glyphs, ui }: View,
): Line => {
  const { clock } = snapshot.header;
  const speed = Number.isFinite(playback.speed) ? `${glyphs.times}${compact(playback.speed)}` : 'max';
  const left: Line = [
    span(playback.playing ? glyphs.playing : glyphs.paused, playback.playing ? 'good' : 'warn'),
    // What moves with the end, live or written meanwhile, has the speed of time.
    span(ui.mode === 'replay' && playback.following !== true ? ` ${speed} ` : ' ', 'accent'),
    span(clockTime(realMsAt(clock, playback.positionUs)), 'title'),
    span(' '),
  ];
  const sample = Math.min(playback.sample + 1, playback.samples);
  const right: Line = [
    span(` ${clockTime(realMsAt(clock, playback.endUs))}`, 'dim'),
    span(` ${sample}/${playback.samples}`),
  ];
  const width = Math.max(0, size.columns - lineCells(left) - lineCells(right));
  const whole = playback.endUs - playback.startUs;
  const share = whole <= 0 ? 1 : (playback.positionUs - playback.startUs) / whole;
  const done = Math.round(Math.min(1, Math.max(0, share)) * width);
  return [
    ...left,
    span(glyphs.done.repeat(done), 'accent'),
    span(glyphs.ahead.repeat(width - done), 'dim'),
    ...right,
  ];
};
