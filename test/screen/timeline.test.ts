import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOf, cellOf, signalCells } from '../../src/screen/signals/timeline.ts';
import { createSession, foldInto, snapshotOf } from '../../src/session/session.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';
import { buildView } from '../helpers/view.ts';

const session = createSession(headerOf());
const at = new Map<number, ReturnType<typeof snapshotOf>>();
let total = 0;
for (let seq = 0; seq < 900; seq += 1) {
  total += seq === 500 ? 1000 : 1;
  foldInto(session, sampleOf(seq, { 'iomap.iter': [[7, total]] }));
  at.set(seq, snapshotOf(session));
}
const snapshotAt = (seq: number) => at.get(seq) ?? expect.fail('no such sample');
const latest = snapshotAt(899);
const metric = latest.metrics.find(({ id }) => id === 'iomap.iter') ?? expect.fail('no metric');
const view = (zoom: '1m' | '5m' | '1h' | 'all', mode: 'live' | 'replay' = 'live') =>
  buildView({ overview: latest, ui: { zoom, mode } });

describe('the axis of time', () => {
  it('ends at the cursor while that is the end, and stays while the cursor goes back within it', () => {
    const end = axisOf(latest, view('5m'), 60);
    expect(end).toMatchObject({ atEnd: true, cursor: 59, cellUs: 5e6 });
    const back = axisOf(snapshotAt(800), view('5m'), 60);
    expect(back.fromUs).toBe(end.fromUs);
    expect(back.cursor).toBe(cellOf(back, START_US + 800e6));
    expect(axisOf(snapshotAt(100), view('5m'), 60).fromUs).toBeLessThan(back.fromUs);
  });

  it('has the moment shown in it, whatever the zoom, the width and the moment', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 220 }),
        fc.constantFrom('1m' as const, '5m' as const, '1h' as const, 'all' as const),
        fc.integer({ min: 0, max: 899 }),
        fc.constantFrom('live' as const, 'replay' as const),
        (cells, zoom, seq, mode) => {
          const axis = axisOf(snapshotAt(seq), view(zoom, mode), cells);
          expect(cellOf(axis, START_US + seq * 1e6)).toBe(axis.cursor);
          expect(axis.cells).toBe(cells);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps a spike of one sample at its height, at every zoom', () => {
    for (const zoom of ['5m', '1h', 'all'] as const) {
      const axis = axisOf(snapshotAt(520), view(zoom), 50);
      const cells = signalCells(axis, metric);
      expect(cells[cellOf(axis, START_US + 500e6)]).toBe(1000);
      expect(Math.max(...[...cells].filter((value) => value < 1000))).toBe(1);
    }
  });

  it('shows nothing where nothing was sampled', () => {
    const axis = axisOf(snapshotAt(0), { ...view('5m'), overview: snapshotAt(10) }, 60);
    expect([...signalCells(axis, metric)].filter((value) => !Number.isNaN(value)).length).toBeLessThanOrEqual(
      3,
    );
  });

  it('begins a recording at the left, and live at the right', () => {
    const early = { ...view('1m'), overview: snapshotAt(20) };
    expect(axisOf(snapshotAt(20), early, 60).cursor).toBe(59);
    const replay = { ...early, ui: { ...early.ui, mode: 'replay' as const } };
    expect(axisOf(snapshotAt(20), replay, 60).cursor).toBe(20);
  });
});
