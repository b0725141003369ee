import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { Row } from '../../src/core/snapshot.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { type Columns, layColumns } from '../../src/screen/table/columns.ts';
import { defaultSort } from '../../src/screen/table/rows.ts';
import { buildSnapshot, METRICS, row } from '../helpers/snapshot.ts';

/** The columns of all bundled probes that count per process and time, in the order of their manifests. */
const metric = (id: string, label: string, more: Partial<MetricDescriptor> = {}): MetricDescriptor => ({
  ...(METRICS[0] as MetricDescriptor),
  id,
  probe: id.split('.')[0] ?? id,
  label,
  lane: false,
  ...more,
});
const NS = { unit: 'ns' } as const;
const ALL: readonly MetricDescriptor[] = [
  metric('faults.major', 'major faults', { lane: true }),
  metric('faults.cache_adds', 'cache adds', { lane: true, unit: 'pages' }),
  metric('faults.read_bytes', 'block reads', { lane: true, unit: 'bytes' }),
  metric('inode.create', 'creates', { lane: true }),
  metric('inode.create_ns', 'create time', NS),
  metric('iomap.seek_hole', 'SEEK_HOLE', { lane: true }),
  metric('iomap.seek_data', 'SEEK_DATA'),
  metric('iomap.iter', 'iomap_iter', { lane: true }),
  metric('iomap.seek_ns', 'seek time', NS),
  metric('iomap.seek_max_ns', 'longest seek', { ...NS, kind: 'max' }),
  metric('kswapd.wakeups', 'kswapd wakeups', { lane: true }),
  metric('kswapd.kswapd_ns', 'kswapd time', { ...NS, lane: true }),
  metric('kswapd.direct_ns', 'reclaim time', NS),
];

const all = (total: number) => ({ delta: total, total });
const SEEKING = {
  'iomap.seek_hole': all(90),
  'iomap.iter': all(2_440_000),
  'iomap.seek_ns': all(995_000_000),
  'iomap.seek_max_ns': all(24_100_000),
};
const NOISE = {
  'faults.major': all(1),
  'faults.cache_adds': all(3000),
  'faults.read_bytes': all(8192),
  'inode.create': all(5),
  'inode.create_ns': all(20_000),
};

const snapshotOf = (...processes: readonly Row['metrics'][]): WatchedSnapshot =>
  buildSnapshot({
    rows: processes.map((metrics, rank) => row(rank, { metrics })),
    change: { metrics: ALL },
  });
const storm = snapshotOf(SEEKING, NOISE);

const at = (snapshot: WatchedSnapshot, width: number, sort = defaultSort(snapshot)): Columns =>
  layColumns(snapshot, { sort, values: 'rate' }, { hidden: [], width });
const titles = ({ metrics }: Columns): readonly string[] => metrics.map(({ title }) => title);

describe('the columns', () => {
  it('of a seek storm in 80 cells: what the probe of the time counts, together', () => {
    expect(defaultSort(storm)).toBe('iomap.seek_ns');
    expect(titles(at(storm, 80))).toEqual(['creates/s', 'SEEK_HOLE/s', 'iomap_iter/s', 'seek time']);
  });

  it('narrower: the sort metric first, then the lanes of its probe', () => {
    expect(titles(at(storm, 40))).toEqual(['seek time']);
    expect(titles(at(storm, 60))).toEqual(['SEEK_HOLE/s', 'seek time']);
    expect(titles(at(storm, 68))).toEqual(['SEEK_HOLE/s', 'iomap_iter/s', 'seek time']);
  });

  it('wider: the rest of the probe that counts, before lanes of others', () => {
    expect(titles(at(storm, 86))).toEqual(['SEEK_HOLE/s', 'iomap_iter/s', 'seek time', 'longest seek']);
    expect(titles(at(storm, 101))).toEqual([
      'major faults/s',
      'SEEK_HOLE/s',
      'iomap_iter/s',
      'seek time',
      'longest seek',
    ]);
  });

  it('follow the metric that is sorted by to its probe', () => {
    expect(titles(at(storm, 80, 'inode.create'))).toEqual([
      'major faults/s',
      'creates/s',
      'create time',
      'seek time',
    ]);
    expect(titles(at(storm, 60, 'inode.create'))).toEqual(['creates/s', 'create time']);
  });

  it('are what the user wants: always, although it is idle; never, unless it is sorted by', () => {
    const chosen = { 'kswapd.direct_ns': 'always', 'iomap.iter': 'never' } as const;
    const lay = (sort: string) =>
      layColumns(storm, { sort, values: 'rate' }, { hidden: [], width: 80, chosen });
    expect(titles(lay('iomap.seek_ns'))).toEqual(['creates/s', 'SEEK_HOLE/s', 'seek time', 'reclaim time']);
    expect(lay('iomap.seek_ns').hidden).toBe(ALL.length - 4);
    expect(titles(lay('iomap.iter'))).toContain('iomap_iter/s');
  });

  it('have what is read and written on disks, where somebody does, before what other probes count', () => {
    const disks = [
      metric('disk.reads', 'disk reads'),
      metric('disk.read_bytes', 'disk read', { unit: 'bytes' }),
      metric('disk.write_bytes', 'disk written', { unit: 'bytes' }),
    ];
    const withDisks = (bytes: number): WatchedSnapshot =>
      buildSnapshot({
        rows: [
          row(0, {
            metrics: {
              ...SEEKING,
              'disk.reads': all(9),
              'disk.read_bytes': all(bytes),
              'disk.write_bytes': all(bytes),
            },
          }),
        ],
        change: { metrics: [...disks, ...ALL] },
      });
    expect(titles(at(withDisks(4096), 80))).toEqual(['disk read/s', 'disk written/s', 'seek time']);
    expect(titles(at(withDisks(0), 80))).not.toContain('disk read/s');
  });

  it('are still those of the default order when it is by PID or name, with the room of the sparkline', () => {
    const byPid = at(storm, 80, 'pid');
    expect(titles(byPid)).toEqual(['SEEK_HOLE/s', 'iomap_iter/s', 'seek time', 'longest seek']);
    expect(byPid.spark).toBe(0);
    expect(titles(at(storm, 80, 'comm'))).toEqual(titles(byPid));
  });

  it('that are empty come after a sparkline worth looking at', () => {
    const quiet = snapshotOf(SEEKING);
    const narrow = at(quiet, 100);
    expect(titles(narrow)).not.toContain('SEEK_DATA/s');
    expect(narrow.spark).toBe(20);
    const wide = at(quiet, 120);
    expect(titles(wide)).toContain('SEEK_DATA/s');
    expect(wide.spark).toBeGreaterThanOrEqual(20);
  });

  it('hold what has no sum but a largest value', () => {
    expect(titles(at(storm, 86))).toContain('longest seek');
    const none = snapshotOf({ ...SEEKING, 'iomap.seek_max_ns': all(0) }, NOISE);
    expect(titles(at(none, 86))).not.toContain('longest seek');
  });

  it('leave out those of a probe that the user does not want to see', () => {
    const { metrics, hidden } = layColumns(
      storm,
      { sort: 'iomap.seek_ns', values: 'rate' },
      { hidden: ['inode'], width: 200 },
    );
    expect(metrics.map(({ metric: { probe } }) => probe)).not.toContain('inode');
    expect(metrics.length + hidden).toBe(ALL.length - 2);
  });

  it('are never wider than the line, whatever the width and the order', () => {
    const sorts = fc.constantFrom(...ALL.map(({ id }) => id), 'pid', 'comm');
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 250 }), sorts, (width, sort) => {
        const columns = at(storm, width, sort);
        const cells = columns.metrics.reduce((sum, column) => sum + column.width + 1, 0);
        const spark = columns.spark === 0 ? 0 : columns.spark + 1;
        expect(1 + columns.pid + 2 + columns.command + cells + spark).toBeLessThanOrEqual(width);
        expect(columns.hidden).toBe(ALL.length - columns.metrics.length);
      }),
    );
  });
});
