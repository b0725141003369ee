import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { Row } from '../../src/core/snapshot.ts';
import { reduce } from '../../src/screen/reduce.ts';
import { initialUi } from '../../src/screen/state.ts';
import { type Order, orderRows, windowOf } from '../../src/screen/table/rows.ts';
import { tableLines } from '../../src/screen/table/table.ts';
import { buildSnapshot, METRICS, row } from '../helpers/snapshot.ts';
import { buildView, textOf } from '../helpers/view.ts';

const ui = initialUi('live');
const SEEK_TIME = METRICS.find(({ id }) => id === 'iomap.seek_ns') as MetricDescriptor;
const reading = (delta: number, total: number) => ({ 'iomap.seek_hole': { delta, total } });

describe('the order of processes', () => {
  it('is by growth now, then by total, then by PID', () => {
    const rows = [
      row(0, { pid: 4, id: 'd', metrics: reading(0, 5) }),
      row(0, { pid: 3, id: 'c', metrics: reading(0, 5) }),
      row(0, { pid: 2, id: 'b', metrics: reading(0, 9) }),
      row(0, { pid: 1, id: 'a', metrics: reading(7, 7) }),
      row(0, { pid: 5, id: 'e', metrics: {} }),
    ];
    const snapshot = buildSnapshot({ rows });
    expect(orderRows(snapshot, ui).entries.map(({ row: { pid } }) => pid)).toEqual([1, 2, 3, 4, 5]);
    expect(orderRows(snapshot, { ...ui, values: 'total' }).entries.map(({ row: { pid } }) => pid)).toEqual([
      2, 1, 3, 4, 5,
    ]);
    expect(orderRows(snapshot, { ...ui, reversed: true }).entries.map(({ row: { pid } }) => pid)).toEqual([
      5, 4, 3, 2, 1,
    ]);
    expect(orderRows(snapshot, { ...ui, sort: 'pid' }).entries.map(({ row: { pid } }) => pid)).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });

  it('begins with the time that most was spent in, of whatever probe', () => {
    const metrics = [
      ...METRICS,
      { ...SEEK_TIME, id: 'kswapd.kswapd_ns', probe: 'kswapd' },
      { ...SEEK_TIME, id: 'kswapd.longest_ns', probe: 'kswapd', kind: 'max' as const },
    ];
    const sortOf = (metrics_: Row['metrics']): string =>
      orderRows(buildSnapshot({ rows: [row(0, { metrics: metrics_ })], change: { metrics } }), ui).sort;
    const one = (total: number) => ({ delta: 0, total });
    expect(sortOf({ 'iomap.iter': one(9e9), 'iomap.seek_ns': one(5), 'kswapd.kswapd_ns': one(6) })).toBe(
      'kswapd.kswapd_ns',
    );
    expect(sortOf({ 'iomap.iter': one(9e9), 'iomap.seek_ns': one(7), 'kswapd.kswapd_ns': one(6) })).toBe(
      'iomap.seek_ns',
    );
    // The longest of something is no sum of time.
    expect(sortOf({ 'kswapd.longest_ns': one(9e9), 'iomap.seek_ns': one(1) })).toBe('iomap.seek_ns');
  });

  it('without any time begins with the first metric that counted anything', () => {
    const rows = [row(0, { metrics: { 'kswapd.wakeups': { delta: 1, total: 1 } } })];
    expect(orderRows(buildSnapshot({ rows }), ui).sort).toBe('kswapd.wakeups');
    expect(orderRows(buildSnapshot({ rows: [] }), ui).sort).toBe('iomap.seek_hole');
  });

  it('keeps those that contain every word in PID, name or command line', () => {
    const snapshot = buildSnapshot({ processes: 12 });
    const found = (filter: string) =>
      orderRows(snapshot, { ...ui, filter }).entries.map(({ row: { pid } }) => pid);
    expect(found('QEMU raw')).toEqual([4000, 4018]);
    expect(found('4006')).toEqual([4006]);
    expect(found('checkpointer')).toEqual([4003, 4021]);
    expect(found('nobody')).toEqual([]);
  });

  it('loses and doubles nobody, whatever the question', () => {
    const snapshot = buildSnapshot({ processes: 50 });
    fc.assert(
      fc.property(
        fc.constantFrom('pid', 'comm', 'iomap.iter', 'iomap.seek_ns', null),
        fc.boolean(),
        fc.constantFrom('rate' as const, 'total' as const),
        fc.constantFrom('flat' as const, 'tree' as const),
        (sort, reversed, values, arrange) => {
          const ids = orderRows(snapshot, { ...ui, sort, reversed, values, arrange }).entries.map(
            ({ id }) => id,
          );
          expect(new Set(ids).size).toBe(50);
        },
      ),
    );
  });
});

/** As in page-cache thrash: only kswapd's own row has the metric that the order is by. */
describe('those that the sort metric does not distinguish', () => {
  const kswapd = row(0, { pid: 90, id: 'k', metrics: { 'iomap.seek_ns': { delta: 9, total: 90 } } });
  const idle = { delta: 0, total: 0 };
  const other = (pid: number, metrics: Row['metrics']): Row => row(0, { pid, id: `p${pid}`, metrics });
  const pids = (rows: readonly Row[], question: Partial<typeof ui> = {}): readonly number[] =>
    orderRows(buildSnapshot({ rows }), { ...ui, sort: 'iomap.seek_ns', ...question }).entries.map(
      ({ row: { pid } }) => pid,
    );

  it('follow by their part in all else that is counted, now or in total as is shown', () => {
    const rows = [
      other(1, { 'kswapd.wakeups': { delta: 1, total: 99 }, 'iomap.iter': idle }),
      other(2, { 'kswapd.wakeups': { delta: 3, total: 1 }, 'iomap.iter': idle }),
      // Far more by number, but a smaller part of its kind: a million of one is not more than three of another.
      other(3, { 'iomap.iter': { delta: 400_000, total: 100 } }),
      other(4, { 'iomap.iter': { delta: 600_000, total: 50 }, 'kswapd.wakeups': { delta: 1, total: 0 } }),
      kswapd,
    ];
    // Of wakeups now 1/5, 3/5, 0, 1/5; of iterations 0, 0, 0.4, 0.6.
    expect(pids(rows)).toEqual([90, 4, 2, 3, 1]);
    // In total 0.99, 0.01, 0, 0 and 0, 0, 2/3, 1/3.
    expect(pids(rows, { values: 'total' })).toEqual([90, 1, 3, 4, 2]);
    expect(pids(rows, { reversed: true })).toEqual([1, 3, 2, 4, 90]);
  });

  it('follow by their part in the total where nothing happens now, and by PID only then', () => {
    const rows = [
      other(1, {}),
      other(2, { 'iomap.iter': { delta: 0, total: 10 } }),
      other(3, { 'iomap.iter': { delta: 0, total: 70 } }),
      other(4, { 'iomap.iter': { delta: 0, total: 10 } }),
      kswapd,
    ];
    expect(pids(rows)).toEqual([90, 3, 2, 4, 1]);
  });

  it('are not judged by levels, largest values, parts of a metric, or the machine', () => {
    const level: MetricDescriptor = { ...SEEK_TIME, id: 'python.rss', probe: 'python', kind: 'gauge' };
    const rows = [
      other(1, { 'iomap.iter': { delta: 1, total: 1 } }),
      other(2, { 'iomap.seek_max_ns': { delta: 8e9, total: 8e9 } }),
      other(3, { 'kswapd.wakeups_by_order': { delta: 50, total: 50 } }),
      other(4, { 'vm.pgmajfault': { delta: 50, total: 50 } }),
      other(5, { 'python.rss': { delta: 50, total: 50 } }),
    ];
    const snapshot = buildSnapshot({ rows: [...rows].reverse(), change: { metrics: [...METRICS, level] } });
    const { entries } = orderRows(snapshot, { ...ui, sort: 'iomap.seek_ns' });
    expect(entries.map(({ row: { pid } }) => pid)).toEqual([1, 2, 3, 4, 5]);
  });

  it('come after those that did once what the metric counts', () => {
    const once = other(7, { 'iomap.seek_ns': { delta: 0, total: 5 } });
    const never = other(1, { 'iomap.iter': { delta: 1e6, total: 1e6 } });
    expect(pids([never, once, kswapd])).toEqual([90, 7, 1]);
  });

  it('stand in the same order however they come', () => {
    const reading = fc.record({ delta: fc.nat(3), total: fc.nat(3) });
    const metrics = fc.dictionary(
      fc.constantFrom('iomap.iter', 'iomap.seek_hole', 'iomap.seek_ns', 'kswapd.wakeups'),
      reading,
    );
    const shuffled = fc
      .array(metrics, { maxLength: 12 })
      .map((all) => all.map((one, index) => other(index + 1, one)))
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
    fc.assert(
      fc.property(shuffled, fc.constantFrom('rate' as const, 'total' as const), ([rows, mixed], values) => {
        expect(pids(mixed, { values })).toEqual(pids(rows, { values }));
      }),
    );
  });
});

const orderOf = (ids: readonly string[]): Order => ({
  entries: ids.map((id) => ({ id, row: row(0, { id }), group: null, depth: 0 })),
  processes: ids.length,
  sort: 'pid',
  values: 'rate',
  quiet: 0,
  own: 0,
  ended: 0,
});

describe('the window on them', () => {
  it('keeps the selected process on its screen row while its rank changes', () => {
    const order = orderOf;
    const selection = { selectedId: 'f', selectedOffset: 1 };
    const before = windowOf(order(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']), selection, 3);
    const after = windowOf(order(['a', 'b', 'f', 'c', 'd', 'e', 'g', 'h']), selection, 3);
    expect(before.entries.map(({ id }) => id)).toEqual(['e', 'f', 'g']);
    expect(after.entries.map(({ id }) => id)).toEqual(['b', 'f', 'c']);
  });

  it('falls to whoever stands there when the process has left', () => {
    const order = orderOf(['a', 'b', 'c']);
    expect(windowOf(order, { selectedId: 'gone', selectedOffset: 1 }, 3).selected).toBe(1);
    expect(windowOf(orderOf([]), { selectedId: 'gone', selectedOffset: 1 }, 3).selected).toBe(-1);
  });

  it('always holds the selected one and never runs past the end', () => {
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.nat(60),
        fc.nat(30),
        fc.integer({ min: 1, max: 20 }),
        (count, which, offset, height) => {
          const order = orderOf(Array.from({ length: count }, (_, index) => String(index)));
          const {
            entries: shown,
            first,
            selected,
          } = windowOf(order, { selectedId: String(which), selectedOffset: offset }, height);
          expect(shown.length).toBe(Math.min(count, height));
          if (count === 0) return;
          expect(selected - first).toBeGreaterThanOrEqual(0);
          expect(selected - first).toBeLessThan(shown.length);
        },
      ),
    );
  });

  it('moves through every process exactly once from first to last', () => {
    let view = buildView({ snapshot: buildSnapshot({ processes: 40 }) });
    const visited: (string | null)[] = [];
    for (let step = 0; step < 39; step += 1) {
      view = { ...view, ui: reduce(view, { type: 'move', by: 'line', direction: 1 }).ui };
      visited.push(view.ui.selectedId);
    }
    const snapshot = view.snapshot ?? buildSnapshot();
    expect(visited).toEqual(
      orderRows(snapshot, view.ui)
        .entries.slice(1)
        .map(({ id }) => id),
    );
  });
});

describe('ten thousand processes', () => {
  it.each([
    ['all of them different', null],
    ['none distinguished by the sort metric', 'kswapd.direct_reclaims'],
  ] as const)('are ordered and drawn in linear time, %s', (_, sort) => {
    const tookMs = (processes: number): number => {
      const rows = Array.from({ length: processes }, (_, rank) => row(rank));
      const samples = Array.from({ length: 9 }, () => {
        const view = buildView({ snapshot: buildSnapshot({ rows }), ui: { sort } });
        const began = performance.now();
        const text = textOf(tableLines(view.snapshot ?? buildSnapshot(), view, 40));
        const took = performance.now() - began;
        expect(text).toMatch(/>\s+4000 /);
        return took;
      });
      return Math.min(...samples);
    };
    tookMs(1_000);
    // Ten times as many: linear work takes about ten times as long, quadratic a hundred times.
    expect(tookMs(10_000) / tookMs(1_000)).toBeLessThan(70);
  });
});
