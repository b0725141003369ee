/** Whose signals stand beside those of the machine when nobody has chosen. */
import { expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { laneLines } from '../../src/screen/signals/lanes.ts';
import { orderRows } from '../../src/screen/table/rows.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';
import { buildView, textOf } from '../helpers/view.ts';

const HEADER = headerOf({
  metrics: ['iomap.seek_hole', 'iomap.iter', 'iomap.seek_ns', 'inode.create'].map((id) =>
    metricOf(id, { label: id, ...(id.endsWith('_ns') ? { unit: 'ns' as const } : {}) }),
  ),
});
const started = (pid: number, comm: string): StreamRecord => ({
  type: 'process',
  bootUs: START_US,
  pid,
  startMs: pid,
  comm,
});

const STORM_SECONDS = 12;
const records: StreamRecord[] = [
  started(7, 'mirror'),
  started(9, 'node'),
  ...Array.from({ length: STORM_SECONDS + 6 }, (_, seq): StreamRecord[] => {
    const did = Math.min(seq, STORM_SECONDS);
    const sample = sampleOf(seq, {
      'iomap.seek_hole': [[7, 100 * did]],
      'iomap.iter': [[7, 1_500_000 * did]],
      'iomap.seek_ns': [
        [7, 9e8 * did],
        [9, 1e5 * seq],
      ],
      'inode.create': [[9, 30 * seq]],
    });
    if (seq !== STORM_SECONDS) return [sample];
    return [sample, { type: 'exit', bootUs: sample.bootUs + 1, pid: 7, startMs: 7, comm: 'mirror' }];
  }).flat(),
];

const lanes = (ui: Parameters<typeof buildView>[0] = {}): string => {
  const snapshot = snapshotAfter(records, HEADER);
  const view = buildView({ snapshot, ...ui });
  return textOf(laneLines(snapshot, view, 12));
};

it('are those of who is accused, also after he has ended and another stands on top', () => {
  const snapshot = snapshotAfter(records, HEADER);
  expect(orderRows(snapshot, buildView({ snapshot }).ui).entries[0]?.row.comm).toBe('node');
  expect(lanes()).toContain('of mirror (7)');
  expect(lanes()).not.toContain('of node (9)');
});

it('are those of who was selected, whoever is accused', () => {
  const snapshot = snapshotAfter(records, HEADER);
  const selectedId = snapshot.rows.find(({ pid }) => pid === 9)?.id ?? null;
  expect(lanes({ ui: { selectedId } })).toContain('of node (9)');
});
