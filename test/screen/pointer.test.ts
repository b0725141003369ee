/** Where the mouse points, on a view of which the places are known from its own frame. */
import { describe, expect, it } from 'vitest';
import { composeScreen } from '../../src/screen/compose.ts';
import { actionsAt } from '../../src/screen/pointer.ts';
import type { View } from '../../src/screen/view.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';
import { buildPlayback, buildView, textOf } from '../helpers/view.ts';

const frameOf = (view: View): string[] =>
  textOf(composeScreen(view).flatMap(({ lines }) => lines)).split('\n');

/** Where a text is, in cells. */
const find = (view: View, text: string): { x: number; y: number } => {
  const frame = frameOf(view);
  const y = frame.findIndex((line) => line.includes(text));
  return { x: frame[y]?.indexOf(text) ?? -1, y };
};
const press = (view: View, text: string) => actionsAt(view, { ...find(view, text), wheel: 0 });

const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 160, rows: 50 },
] as const;

describe.each(SIZES)('the mouse on $columns by $rows', (size) => {
  const view = buildView({ size, snapshot: buildSnapshot({ processes: 60 }), playback: buildPlayback() });

  it('selects a row, and opens it when it is selected', () => {
    expect(press(view, ' postgres')).toEqual([
      { type: 'select', id: expect.stringMatching(/^40\d\d@/), offset: expect.any(Number) },
    ]);
    const [action] = press(view, ' postgres');
    if (action?.type !== 'select') throw new Error('nothing is selected');
    const selected = { ...view, ui: { ...view.ui, selectedId: action.id, selectedOffset: action.offset } };
    expect(press(selected, '>')).toEqual([{ type: 'open', page: 'detail' }]);
  });

  it('sorts by a heading, and turns the order round at that it is in', () => {
    expect(press(view, 'PID')).toEqual([{ type: 'sort-by', sort: 'pid' }]);
    expect(press(view, 'COMMAND')).toEqual([{ type: 'sort-by', sort: 'comm' }]);
    const heading = frameOf(view)[find(view, 'COMMAND').y] ?? '';
    const x = heading.indexOf('seek_hole/s');
    expect(actionsAt(view, { x, y: find(view, 'COMMAND').y, wheel: 0 })).toEqual([
      { type: 'sort-by', sort: 'iomap.seek_hole' },
    ]);
    expect(press(view, '▼seek time')).toEqual([{ type: 'reverse' }]);
    expect(press(view, 'last ')).toEqual([]);
  });

  it('goes to a moment of the signals', () => {
    const { y } = find(view, 'SIGNALS');
    const label = size.columns < 100 ? 16 : 21;
    const actions = actionsAt(view, { x: label + 10, y: y + 1, wheel: 0 });
    expect(actions).toEqual([{ type: 'cell', cells: expect.any(Number) }]);
    expect(actionsAt(view, { x: 2, y: y + 1, wheel: 0 })).toEqual([]);
  });

  it('presses a key that the last line names', () => {
    expect(press(view, 'q quit')).toEqual([{ type: 'quit' }]);
    const { x, y } = find(view, '? help');
    expect(actionsAt(view, { x: x + 3, y, wheel: 0 })).toEqual([{ type: 'open', page: 'help' }]);
  });

  it('moves with the wheel what it is over', () => {
    const rows = actionsAt(view, { ...find(view, 'COMMAND'), wheel: 1 });
    expect(rows).toEqual(Array(3).fill({ type: 'move', by: 'line', direction: 1, within: 'table' }));
    const lanes = actionsAt(view, { ...find(view, 'SIGNALS'), wheel: -1 });
    expect(lanes).toEqual([{ type: 'move', by: 'line', direction: -1, within: 'signals' }]);
  });

  it('chooses from a list, when it points at a line twice', () => {
    const list = { ...view, ui: { ...view.ui, page: 'columns' as const } };
    expect(press(list, 'seek_data/s')).toEqual([{ type: 'select', id: 'iomap.seek_data', offset: 0 }]);
    const there = { ...list, ui: { ...list.ui, chosen: 'iomap.seek_data' } };
    expect(press(there, 'seek_data/s')).toEqual([{ type: 'choose' }]);
  });

  it('does nothing while a line is typed, and where nothing is', () => {
    const typing = {
      ...view,
      ui: { ...view.ui, input: { kind: 'filter', text: '', problem: null } as const },
    };
    expect(press(typing, 'PID')).toEqual([]);
    expect(actionsAt(view, { x: 0, y: 0, wheel: 0 })).toEqual([]);
    expect(actionsAt({ ...view, snapshot: null }, { x: 5, y: 5, wheel: 0 })).toEqual([]);
  });
});
