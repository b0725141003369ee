/** Files that a suspect had open: what a finding says of them, after a replay and from a checkpoint too, and redacted. */

import { expect, it } from 'vitest';
import { shippedNames } from '../../src/cli/shipped.ts';
import type { FilesRecord } from '../../src/core/record.ts';
import { findingsOf } from '../../src/insight/findings/match.ts';
import { createRedactor } from '../../src/recording/redact.ts';
import { checkpointOf } from '../../src/session/session.ts';
import { checkpointSchema } from '../../src/wire/checkpoint.ts';
import { decodeRecord } from '../../src/wire/recording.ts';
import { START_US } from '../helpers/stream.ts';
import { pidMetric, recordsOf, watchedAfter } from './sessions.ts';

const metrics = ['iomap.seek_hole', 'iomap.iter', 'iomap.seek_ns'].map((id) => pidMetric(id));
const STORM = {
  'iomap.seek_hole': { 7: 60 },
  'iomap.iter': { 7: 60 * 20_000 },
  'iomap.seek_ns': { 7: 60 * 8e6 },
};
const samples = recordsOf(
  Array.from({ length: 20 }, () => ({ pids: STORM })),
  metrics,
  { 7: 'qemu-system-x86' },
);

const filesOf = (...files: readonly [path: string, extents: number][]): FilesRecord => ({
  ...{ type: 'files', bootUs: START_US + 15e6, pid: 7, startMs: 10 },
  files: files.map(([path, extents]) => ({ path, sizeBytes: 1e9, extents })),
});

const findingAfter = (record: FilesRecord | null) => {
  const watched = watchedAfter(record === null ? samples : [...samples, record], metrics);
  const [finding] = findingsOf(watched.watch.cases, watched.state);
  return { finding: finding ?? expect.fail('it storms'), ...watched };
};
const commandsOf = ({ advice }: { readonly advice: readonly { readonly command?: string }[] }): string[] =>
  advice.flatMap(({ command }) => command ?? []);

it('names the files, and what can be typed names the worst of them', () => {
  const record = filesOf(['/vm/my $(disk).qcow2', 28_495], ['/vm/small.raw', 3]);
  const { finding } = findingAfter(record);
  expect(finding.files).toEqual(record.files);
  expect(commandsOf(finding)).toContain("xfs_fsr -v '/vm/my $(disk).qcow2'");
});

it.each([
  ['nobody asked', null],
  ['none of them has many', filesOf(['/vm/small.raw', 3])],
  ['its name cannot be typed', filesOf(['/vm/a\nb', 28_495])],
  ['its name has a quote', filesOf(["/vm/o'brien.qcow2", 28_495])],
  ['they are of another process of that PID', { ...filesOf(['/vm/b', 28_495]), startMs: 11 }],
])('no command names one where %s', (_, record) => {
  expect(commandsOf(findingAfter(record).finding)).toContain('xfs_fsr -v FILE');
});

it('a line of a recording and a checkpoint hold them, and redacted they have no names', () => {
  const record = filesOf(['/secret/disk\u001b[31m.qcow2', 28_495]);
  expect(decodeRecord(JSON.parse(JSON.stringify(record)))).toEqual({ kind: 'record', record });
  const redactor = createRedactor(shippedNames());
  expect(JSON.stringify(redactor.record(record))).not.toContain('secret');
  for (const part of checkpointOf(findingAfter(filesOf(['/secret/my secret disk.qcow2', 28_495])))) {
    const read = checkpointSchema.parse(JSON.parse(JSON.stringify(part)));
    expect(JSON.stringify(read)).toContain('/secret/my secret disk.qcow2');
    expect(read.entities.find(({ pid }) => pid === 7)?.files).toHaveLength(1);
    expect(JSON.stringify(redactor.checkpoint(read))).not.toContain('secret');
  }
});
