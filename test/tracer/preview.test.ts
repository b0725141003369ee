import { expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { createSystemClock } from '../../src/host/clock.ts';
import { identityOf } from '../../src/host/identity.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { localMachine } from '../../src/host/machine.ts';
import { createHostPort } from '../../src/host/port.ts';
import { createPreviewSource } from '../../src/tracer/preview.ts';

it('shows this machine and who lives on it, counts nothing, and ends when it is asked to', async () => {
  const machine = localMachine({});
  const source = createPreviewSource({
    toolVersion: '0.0.0',
    identity: identityOf(localFiles, { ...machine, cpus: 1, memoryBytes: 1 }),
    host: createHostPort(localFiles, {
      uncovered: () => undefined,
      uncoveredBy: () => ({}),
      command: null,
      unnamed: null,
    }),
    clock: createSystemClock(localFiles),
    selection: { pids: [process.pid], comm: null, command: null },
    wantsComm: () => true,
  });
  const header = await source.open();
  const records: StreamRecord[] = [];
  for await (const record of source.records()) {
    records.push(record);
    if (records.filter(({ type }) => type === 'sample').length === 2) source.stop('enough');
  }
  const samples = records.flatMap((record) => (record.type === 'sample' ? [record] : []));
  expect(header.probes).toEqual([]);
  expect(header.metrics.map(({ id }) => id)).toContain('proc.cpu_ms');
  expect(records.filter(({ type }) => type === 'process')).toMatchObject([{ pid: process.pid }]);
  expect(samples).toHaveLength(2);
  const counted = samples.flatMap(({ counters }) => Object.keys(counters));
  expect(counted).toContain('proc.rss_bytes');
  expect(counted.filter((id) => !id.startsWith('proc.'))).toEqual([]);
  expect(samples[0]?.host).toHaveProperty(['load.1']);
});
