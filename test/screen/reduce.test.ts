import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/screen/effect.ts';
import { actionOf } from '../../src/screen/keys/keys.ts';
import { reduce } from '../../src/screen/reduce.ts';
import type { View } from '../../src/screen/view.ts';
import { buildSnapshot, INSIGHT } from '../helpers/snapshot.ts';
import { buildPlayback, buildView } from '../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

/** The state after these keys, and the last effect. */
const press = (view: View, ...keys: readonly string[]): Outcome => {
  let outcome: Outcome = { ui: view.ui, effect: null };
  for (const key of keys) {
    const action = actionOf(key, outcome.ui);
    if (action !== null) outcome = reduce({ ...view, ui: outcome.ui }, action);
  }
  return outcome;
};

const replay = (): View => buildView({ playback: buildPlayback(), ui: { mode: 'replay' } });

describe('keys and what they do', () => {
  it('freezes what is usual by a mark of the stream, and learns again; a replay says how', () => {
    const view = buildView();
    expect(press(view, 'b').effect).toEqual({ type: 'mark', text: 'baseline frozen' });
    const frozen = buildSnapshot({ change: { insight: { ...INSIGHT, frozenUs: 7_200_000_000 } } });
    expect(press({ ...view, snapshot: frozen }, 'b').effect).toEqual({
      type: 'mark',
      text: 'baseline learning',
    });
    expect(press(replay(), 'b').effect).toEqual({
      type: 'say',
      text: expect.stringContaining('--freeze-after'),
    });
  });

  it('filters by what is typed, edits it later, and forgets it', () => {
    const view = buildView();
    const filtered = press(view, '/', 'q', 'e', 'm', 'x', 'backspace', 'u', 'enter').ui;
    expect(filtered).toMatchObject({ filter: 'qemu', input: null });
    expect(press({ ...view, ui: filtered }, '/').ui.input?.text).toBe('qemu');
    expect(press({ ...view, ui: filtered }, '/', 'z', 'esc').ui).toMatchObject({
      filter: 'qemu',
      input: null,
    });
    expect(press({ ...view, ui: filtered }, 'esc').ui.filter).toBe('');
    const refused = press(view, '/', ...'iomap.nothing>5', 'enter').ui;
    expect(refused).toMatchObject({
      filter: '',
      input: { problem: expect.stringContaining('iomap.nothing') },
    });
  });

  it('jumps to a time, and keeps the line open with the reason when it cannot', () => {
    expect(press(replay(), ':', ...'14:01:30', 'enter').effect).toEqual({
      type: 'seek',
      bootUs: 7_290_000_000,
    });
    expect(press(replay(), ':', ...'+5s', 'enter').effect).toEqual({ type: 'seek', bootUs: 7_206_000_000 });
    const refused = press(replay(), ':', ...'13:00', 'enter');
    expect(refused.effect).toBeNull();
    expect(refused.ui.input).toMatchObject({
      text: '13:00',
      problem: 'the recording spans 14:00:01 to 14:03:20',
    });
    expect(press(replay(), ':', 'enter')).toMatchObject({ ui: { input: null }, effect: null });
  });

  it('steps and changes speed by doubling, within bounds', () => {
    expect(press(replay(), 'left').effect).toEqual({ type: 'step', samples: -1 });
    expect(press(replay(), ']').effect).toEqual({ type: 'step', samples: 10 });
    expect(press(replay(), '+').effect).toEqual({ type: 'speed', speed: 2 });
    const fastest = { ...replay(), playback: buildPlayback({ speed: Number.POSITIVE_INFINITY }) };
    expect(press(fastest, '-').effect).toEqual({ type: 'speed', speed: 512 });
    const slowest = { ...replay(), playback: buildPlayback({ speed: 1 / 16 }) };
    expect(press(slowest, '-').effect).toEqual({ type: 'speed', speed: 1 / 16 });
  });

  it('holds the view in live and plays in replay with the same key', () => {
    expect(press(buildView(), 'space').effect).toEqual({ type: 'hold' });
    expect(press(replay(), 'space').effect).toEqual({ type: 'play' });
  });

  it('walks every sort column and comes round', () => {
    const view = buildView();
    const seen = new Set<string | null>();
    let ui = view.ui;
    for (let count = 0; count < 9; count += 1) {
      ui = press({ ...view, ui }, '>').ui;
      seen.add(ui.sort);
    }
    // From where the screen began, which is the time spent.
    expect([...seen]).toEqual([
      'iomap.seek_max_ns',
      'kswapd.wakeups',
      'kswapd.direct_reclaims',
      'pid',
      'comm',
      'iomap.seek_hole',
      'iomap.seek_data',
      'iomap.iter',
      'iomap.seek_ns',
    ]);
    expect(press({ ...view, ui }, '>', '<').ui.sort).toBe('iomap.seek_ns');
  });

  it('sorts by what is chosen from all columns, and turns it round when it is chosen again', () => {
    const view = buildView();
    const listed = press(view, 's').ui;
    expect(listed).toMatchObject({ page: 'columns', chosen: 'by itself' });
    const by = press({ ...view, ui: listed }, 'down', 'down', 'down', 'enter').ui;
    expect(by).toMatchObject({ page: 'table', sort: 'iomap.seek_hole', reversed: false });
    expect(press({ ...view, ui: by }, 's', 'enter').ui).toMatchObject({
      sort: 'iomap.seek_hole',
      reversed: true,
    });
    expect(press({ ...view, ui: by }, 's', 'home', 'enter').ui).toMatchObject({ page: 'table', sort: null });
    expect(press({ ...view, ui: by }, 's', 'end', 'esc').ui).toMatchObject({ sort: 'iomap.seek_hole' });
  });

  it('shows a column always, never, or as it finds it, and asks that it be remembered', () => {
    const view = buildView();
    const first = press(view, 's', 'end', 'space');
    expect(first.effect).toEqual({ type: 'remember', columns: { 'kswapd.direct_reclaims': 'always' } });
    const second = press({ ...view, ui: first.ui }, 'space');
    expect(second.effect).toEqual({ type: 'remember', columns: { 'kswapd.direct_reclaims': 'never' } });
    expect(press({ ...view, ui: second.ui }, 'space').effect).toEqual({ type: 'remember', columns: {} });
    expect(press({ ...view, ui: second.ui }, 'home', 'space').ui.columns).toEqual(second.ui.columns);
    expect(press({ ...view, ui: second.ui }, 'd').ui.columns).toEqual({});
  });

  it('opens the process under the cursor and stays with it', () => {
    const view = buildView();
    const opened = press(view, 'down', 'enter').ui;
    expect(opened).toMatchObject({ page: 'detail', selectedId: '4003@7000010' });
    expect(press({ ...view, ui: opened }, 'esc').ui).toMatchObject({
      page: 'table',
      selectedId: '4003@7000010',
    });
  });

  it('opens a group, and comes back to it', () => {
    const view = buildView({ snapshot: buildSnapshot({ processes: 20 }) });
    const grouped = press(view, 'v', 'v', 'down').ui;
    expect(grouped).toMatchObject({ arrange: 'command', selectedId: 'command postgres' });
    const opened = press({ ...view, ui: grouped }, 'enter').ui;
    expect(opened.within).toEqual({ arrange: 'command', key: 'postgres', label: 'postgres' });
    expect(press({ ...view, ui: opened }, 'backspace').ui).toMatchObject({
      within: null,
      arrange: 'command',
      selectedId: 'command postgres',
    });
  });

  it('zooms to the ends of what there is, and moves the cursor by cells of the signals', () => {
    const view = replay();
    expect(press(view, 'Z').ui.zoom).toBe('1m');
    expect(press(view, 'z', 'z', 'z', 'z').ui.zoom).toBe('all');
    const signals = press(view, 'tab').ui;
    expect(signals.focus).toBe('signals');
    const back = press({ ...view, ui: signals }, 'left').effect;
    // 43 cells for a minute: two samples each.
    expect(back).toEqual({ type: 'seek', bootUs: 7_298_000_000 });
    expect(press({ ...view, ui: signals }, 'right').effect).toEqual({ type: 'latest' });
    expect(press({ ...view, ui: signals }, 'esc').ui.focus).toBe('table');
  });

  it('leaves out what a probe counts, and shows it again', () => {
    const view = buildView();
    expect(press(view, '2').ui.hidden).toEqual(['kswapd']);
    expect(press(view, '1', '2', '1').ui.hidden).toEqual(['kswapd']);
    expect(press(view, '7').ui.hidden).toEqual([]);
  });

  it('marks with the text that was typed, and not without one', () => {
    expect(press(buildView(), 'm', ...'restarted', 'enter').effect).toEqual({
      type: 'mark',
      text: 'restarted',
    });
    expect(press(buildView(), 'm', 'enter')).toMatchObject({ ui: { input: null }, effect: null });
  });

  it('does nothing where there is nothing', () => {
    const empty = buildView({ snapshot: buildSnapshot({ rows: [] }) });
    expect(press(empty, 'down', 'pagedown', 'end', 'enter').ui).toEqual(empty.ui);
    const before = buildView({ snapshot: null });
    expect(press(before, 'down', 's', 'enter').ui).toEqual(before.ui);
  });

  it('cannot be flooded or broken by what is pasted', () => {
    const view = buildView();
    const typing = press(view, '/').ui;
    const { ui } = reduce({ ...view, ui: typing }, { type: 'type', text: `\x1b[2J${'a'.repeat(100_000)}` });
    expect(ui.input?.text).toHaveLength(200);
    expect(ui.input?.text).not.toContain('\x1b');
  });
});
