/** The last lines: where a replay stands, what is being typed, which keys help, and what tracing itself costs. */
import type { Snapshot } from '../../../core/snapshot.ts';
import type { PlaybackState } from '../../../session/playback.ts';
import { bytes, clean, clockTime, compact, percent } from '../../format.ts';
import { contextsOf, KEYS, keyLabel } from './keys.ts';
import { type Line, lineCells, packSegments, type Segment, segment, span, spread } from './line.ts';
import type { View } from './view.ts';

export const statusLine = (snapshot: Snapshot | null, view: View): Line => {
  const { ui, size, glyphs, notice } = view;
  if (ui.input !== null) return inputLine(view);
  const costs = snapshot === null ? [] : costSegments(snapshot, view);
  const right = packSegments(costs, Math.max(size.columns >> 1, Math.min(24, size.columns - 18)), glyphs);
  const words = ui.unknownKey === null ? notice : `${ui.unknownKey} is no key here: ? lists them`;
  const said: Segment[] = words === '' ? [] : [segment(0, span(clean(words, glyphs.charset), 'warn'))];
  const left = packSegments([...said, ...hintSegments(ui)], size.columns - lineCells(right) - 2, glyphs);
  return spread(left, right, size.columns);
};

const hintSegments = (ui: View['ui']): Segment[] => {
  const contexts = contextsOf(ui);
  return KEYS.flatMap(({ hint, keys, where }) => {
    const key = keys[0];
    if (hint === undefined || key === undefined || !contexts.includes(where)) return [];
    return [segment(hint.rank, span(keyLabel(key), 'accent'), span(` ${hint.text}`, 'dim'))];
  });
};

/** Ours first: a tool that watches load must show its own. In a replay these are the costs of recording it. */
const costSegments = ({ self, header }: Snapshot, { ui }: View): Segment[] => [
  segment(
    1,
    span(ui.mode === 'live' ? 'self ' : 'cost then ', 'dim'),
    span(`${percent(self.cpuPercent)} ${bytes(self.rssBytes)}`),
  ),
  ...(self.tracerRssBytes === 0
    ? []
    : [
        segment(
          2,
          span('tracer ', 'dim'),
          span(`${percent(self.tracerCpuPercent)} ${bytes(self.tracerRssBytes)}`),
        ),
      ]),
  // What the traced pay, in their own time: the figure the budget is about.
  ...(self.probesPercent === null
    ? []
    : [
        segment(
          1,
          span('probes ', 'dim'),
          span(percent(self.probesPercent), self.probesPercent > budgetPercent(header) ? 'warn' : 'plain'),
        ),
      ]),
  ...(self.mapBytes === 0 ? [] : [segment(3, span('maps ', 'dim'), span(bytes(self.mapBytes)))]),
];

/** Of one CPU; with more of them at work the probes may take more. */
const budgetPercent = ({ budget, host }: Snapshot['header']): number =>
  budget === undefined || budget === null ? Number.POSITIVE_INFINITY : budget * 100 * host.cpus;

const PROMPTS = { filter: 'filter: ', jump: 'jump to: ' } as const;
const INPUT_HELP = {
  filter: 'Enter keeps it, Esc forgets it',
  jump: '14:02  14:02:30  3m ago  +90s',
} as const;

const inputLine = ({ ui: { input }, size, glyphs }: View): Line => {
  if (input === null) return [];
  const left: Line = [
    span(PROMPTS[input.kind], 'title'),
    span(tail(input.text, size.columns - 14)),
    span(glyphs.cursor, 'accent'),
  ];
  return spread(
    left,
    [span(input.problem ?? INPUT_HELP[input.kind], input.problem === null ? 'dim' : 'bad')],
    size.columns,
  );
};

/** What is typed last is what must be seen. */
const tail = (text: string, cells: number): string => [...text].slice(-Math.max(1, cells)).join('');

export const positionLine = (snapshot: Snapshot, playback: PlaybackState, { size, glyphs }: View): Line => {
  const { clock } = snapshot.header;
  const realOf = (bootUs: number): number => clock.realMs + (bootUs - clock.bootUs) / 1000;
  const speed = Number.isFinite(playback.speed) ? `${glyphs.times}${compact(playback.speed)}` : 'max';
  const left: Line = [
    span(playback.playing ? glyphs.playing : glyphs.paused, playback.playing ? 'good' : 'warn'),
    span(` ${speed} `, 'accent'),
    span(clockTime(realOf(playback.positionUs)), 'title'),
    span(' '),
  ];
  const sample = Math.min(playback.sample + 1, playback.samples);
  const right: Line = [
    span(` ${clockTime(realOf(playback.endUs))}`, 'dim'),
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
