import { expect, it } from 'vitest';
import { createFileWatch } from '../../src/cli/file-watch.ts';
import type { EarlierExtents } from '../../src/core/file-extents.ts';
import type { Inspection } from '../../src/core/inspection.ts';
import type { FilesRecord } from '../../src/core/record.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';

const snapshotWith = (bootUs: number, findings: readonly Partial<Finding>[]): WatchedSnapshot => {
  const snapshot = buildSnapshot();
  return { ...snapshot, bootUs, insight: { ...snapshot.insight, findings: findings as Finding[] } };
};
const storm = (pid: number, endUs: number): Partial<Finding> => ({
  id: 'seek-hole-storm',
  suspect: { pid, startMs: 5, comm: 'qemu' },
  endUs,
});
const openFile = (path: string, extents: number | null, isLeast = false) => ({
  ...{ path, sizeBytes: 100, extents, isLeast },
  ...{ fileSystem: 'xfs', problem: extents === null ? 'none' : null },
});

const start = (earlier: EarlierExtents | null = null) => {
  const asked: string[] = [];
  const added: FilesRecord[] = [];
  const answers: ((answer: Inspection | null) => void)[] = [];
  const watch = createFileWatch({
    earlier: () => () => earlier,
    ask: (pid, startMs) => {
      asked.push(`${pid}@${startMs}`);
      return new Promise((resolve) => answers.push(resolve));
    },
    add: (record) => added.push(record),
    bootUs: () => 99,
  });
  const answer = async (files: Inspection['files'] | null): Promise<void> => {
    answers.shift()?.(files === null ? null : ({ files } as Inspection));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { watch, asked, added, answer };
};

it('asks the suspect of a finding that goes on, once in a while, and reports what could be counted', async () => {
  const { watch, asked, added, answer } = start();
  watch(snapshotWith(1_000e6, [storm(7, 1_000e6)]));
  watch(snapshotWith(1_001e6, [storm(7, 1_001e6), storm(8, 1_001e6)]));
  expect(asked).toEqual(['7@5']);
  await answer([openFile('/a', 3), openFile('/b', null), openFile('/c', 28_495, true)]);
  expect(added).toEqual([
    {
      ...{ type: 'files', bootUs: 99, pid: 7, startMs: 5 },
      files: [
        { path: '/c', sizeBytes: 100, extents: 28_495, isLeast: true },
        { path: '/a', sizeBytes: 100, extents: 3 },
      ],
    },
  ]);
  watch(snapshotWith(1_002e6, [storm(7, 1_002e6), storm(8, 1_002e6)]));
  expect(asked).toEqual(['7@5', '8@5']);
  await answer(null);
  expect(added).toHaveLength(1);
  watch(snapshotWith(1_016e6, [storm(7, 1_016e6), storm(8, 1_016e6)]));
  expect(asked).toEqual(['7@5', '8@5']);
  watch(snapshotWith(1_017e6, [storm(7, 1_017e6), storm(8, 1_017e6)]));
  expect(asked).toEqual(['7@5', '8@5', '8@5']);
  await answer([openFile('/b', 1)]);
  watch(snapshotWith(1_300e6, [storm(7, 1_300e6)]));
  expect(asked).toEqual(['7@5', '8@5', '8@5', '7@5']);
});

it('says what a report had of the same file', async () => {
  const earlier = { extents: 20_000, agoMs: 86_400_000 };
  const { watch, added, answer } = start(earlier);
  watch(snapshotWith(1_000e6, [storm(7, 1_000e6)]));
  await answer([openFile('/a', 28_495)]);
  expect(added[0]?.files).toEqual([{ path: '/a', sizeBytes: 100, extents: 28_495, earlier }]);
});

it('asks nobody where it is over, about something else, or in another namespace', () => {
  const { watch, asked } = start();
  watch(snapshotWith(1_000e6, [storm(7, 900e6)]));
  watch(snapshotWith(1_000e6, [{ ...storm(7, 1_000e6), id: 'inode-churn' }]));
  watch(snapshotWith(1_000e6, [{ ...storm(7, 1_000e6), suspect: null }]));
  const foreign = snapshotWith(1_000e6, [storm(7, 1_000e6)]);
  watch({ ...foreign, header: { ...foreign.header, unnamed: 'another namespace' } });
  expect(asked).toEqual([]);
});
