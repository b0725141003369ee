/**
 * The line above the lanes: the wall clock at both ends of the span, how long it is, the moment shown, and what
 * happened in between: findings (F), marks (M), spikes (!) and gaps.
 */
import { realMsAt } from '../../core/clock.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { Account } from '../finding/accounts.ts';
import { type Line, type Span, span, type Tone } from '../format/line.ts';
import { clockTime, longDuration } from '../format/numbers.ts';
import { fitTo } from '../format/text.ts';
import type { View } from '../view.ts';
import { type LaneWidths, MARKED_SCORE } from './lane-widths.ts';
import { type Axis, cellOf } from './timeline.ts';

type AxisMark = { readonly cell: number; readonly sign: string; readonly tone: Tone };

/** From this height on marks have a line of their own, and do not stand on the times. */
const MARKS_FROM = 8;

/** What all lines of the signals are drawn from. */
export type Chart = {
  readonly snapshot: WatchedSnapshot;
  readonly view: View;
  readonly axis: Axis;
  readonly widths: LaneWidths;
  readonly account: Account | null;
};

export const marksLine = ({ view, axis, widths, account }: Chart, height: number): readonly Line[] => {
  const marks = marksOn(axis, view, account).filter(({ cell }) => cell >= 0);
  if (height < MARKS_FROM || marks.length === 0) return [];
  const cells = Array.from({ length: axis.cells }, () => span(' ', 'dim'));
  for (const { cell, sign, tone } of marks) cells[cell] = span(sign, tone);
  return [[span(' '.repeat(widths.label + widths.value + 1)), ...merge(cells)]];
};

/**
 * The wall clock of the first cell and of the last that is known, the cursor, and what happened in between unless that
 * has a line of its own.
 */
export const axisLine = (
  { snapshot, view, axis, widths, account }: Chart,
  hidden: number,
  hasMarks: boolean,
): Line => {
  const { ui, glyphs } = view;
  const timeAt = (bootUs: number): string => clockTime(realMsAt(snapshot.header.clock, bootUs));
  const title = `${ui.focus === 'signals' ? '>' : ''}SIGNALS${hidden > 0 ? ` +${hidden}` : ''}`;
  const now = axis.atEnd ? 'now' : clockTime(snapshot.realMs);
  const from = timeAt(axis.fromUs);
  // A short recording ends within the span: what lies behind its end is no time that anybody saw.
  const known = Math.min(axis.cells, Math.floor((axis.source.bootUs - axis.fromUs) / axis.cellUs) + 1);
  const to = timeAt(known < axis.cells ? axis.source.bootUs : axis.fromUs + known * axis.cellUs);
  const cells = Array.from({ length: axis.cells }, () => span(' ', 'dim'));
  const marks = hasMarks ? marksOn(axis, view, account) : [];
  const taken = new Set([...marks.map(({ cell }) => cell), ...(axis.atEnd ? [] : [axis.cursor])]);
  // A time with a mark in it could not be read: it is left out.
  const write = (at: number, text: string): void => {
    const characters = [...text];
    if (characters.some((_, index) => taken.has(at + index)) || taken.has(at - 1)) return;
    if (taken.has(at + characters.length)) return;
    characters.forEach((character, index) => {
      if (at + index >= 0 && at + index < cells.length) cells[at + index] = span(character, 'heading');
    });
  };
  write(0, from);
  const middle = `${ui.zoom === 'all' ? 'all, ' : ''}${longDuration((known * axis.cellUs) / 1e6)}`;
  if (known > from.length + to.length + middle.length + 6)
    write(Math.floor((known - middle.length) / 2), middle);
  if (known > from.length + to.length + 2) write(known - to.length, to);
  for (const { cell, sign, tone } of marks) {
    if (cell >= 0 && cell < cells.length) cells[cell] = span(sign, tone);
  }
  if (!axis.atEnd) cells[axis.cursor] = span(glyphs.descending, 'selected');
  return [
    span(fitTo(title, widths.label, 'left', glyphs.ellipsis), 'heading'),
    span(fitTo(now, widths.value, 'right'), axis.atEnd ? 'heading' : 'accent'),
    span(' '),
    ...merge(cells),
    span(' '),
    span(fitTo('highest', widths.value, 'right'), 'heading'),
  ];
};

const merge = (cells: readonly Span[]): Span[] =>
  cells.reduce<Span[]>((spans, cell) => {
    const last = spans.at(-1);
    if (last?.tone === cell.tone) spans[spans.length - 1] = span(last.text + cell.text, cell.tone);
    else spans.push(cell);
    return spans;
  }, []);

/** In rising order of what must not be covered. */
const marksOn = (axis: Axis, { glyphs }: View, account: Account | null): AxisMark[] => {
  const { insight, losses, marks } = axis.source;
  const spikes = insight.spikes.filter(({ score }) => score >= MARKED_SCORE);
  return [
    ...spikes.map(({ startUs }): AxisMark => ({ cell: cellOf(axis, startUs), sign: '!', tone: 'warn' })),
    ...losses.gaps.flatMap(({ fromBootUs, toBootUs }): AxisMark[] => {
      const [from, to] = [cellOf(axis, fromBootUs), cellOf(axis, toBootUs)];
      const last = Math.max(from, to);
      return Array.from({ length: last < 0 ? 0 : last - Math.max(0, from) + 1 }, (_, index) => ({
        cell: Math.max(0, from) + index,
        sign: glyphs.gap,
        tone: 'bad' as const,
      }));
    }),
    ...marks.map(({ bootUs }): AxisMark => ({ cell: cellOf(axis, bootUs), sign: 'M', tone: 'accent' })),
    ...insight.findings.map(
      ({ startUs }): AxisMark => ({ cell: cellOf(axis, startUs), sign: 'F', tone: 'bad' }),
    ),
    ...(account === null
      ? []
      : [{ cell: cellOf(axis, account.startUs), sign: 'F', tone: 'banner' as const }]),
  ];
};
