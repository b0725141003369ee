/** Which maps belong together, and which are the last. */
import { expect, it } from 'vitest';
import { type Batch, createBatcher } from '../../src/tracer/batches.ts';
import type { TracerMessage } from '../../src/wire/bpftrace.ts';
import { scriptOf } from '../helpers/fake-tracer.ts';

const text = (data: string): TracerMessage => ({ type: 'printf', data });
const iter = (value: number): TracerMessage => ({ type: 'map', data: { '@n': { 7: value } } });

const byOrder: TracerMessage = { type: 'map', data: { '@by': {} } };

const batchesOf = (messages: readonly TracerMessage[]): readonly (readonly [number, boolean, unknown])[] => {
  const batches: Batch[] = [];
  const batcher = createBatcher({
    script: scriptOf({}),
    events: { batch: (batch) => batches.push(batch), process: () => undefined, loss: () => undefined },
    mapKeys: 64,
    began: () => undefined,
    nowUs: () => 9_000,
  });
  for (const message of messages) batcher.accept(message);
  batcher.finish();
  return batches.map(({ bootUs, final, counters }) => [bootUs, final, counters.get('iomap.iter')]);
};

const TICK = [text('tick 1000000\n'), iter(1), text('tock\n')];

it('maps of the end are the last', () => {
  expect(batchesOf([...TICK, text('end 2000000\n'), iter(2)])).toEqual([
    [1_000, false, [[7, 1]]],
    [2_000, true, [[7, 2]]],
  ]);
});

it('maps that come after the last tock are those of the end, though nobody said so', () => {
  expect(batchesOf([...TICK, iter(2)])).toEqual([
    [1_000, false, [[7, 1]]],
    [9_000, true, [[7, 2]]],
  ]);
});

it('maps of a tick that was lost are a reading like others', () => {
  expect(batchesOf([iter(1), text('tock\n'), text('tick 3000000\n'), iter(3), text('tock\n')])).toEqual([
    [9_000, false, [[7, 1]]],
    [3_000, false, [[7, 3]]],
  ]);
});

it('maps that a tick had printed, and come again, are those of the end that cut it short', () => {
  expect(batchesOf([...TICK, text('tick 2000000\n'), iter(2), iter(3), byOrder])).toEqual([
    [1_000, false, [[7, 1]]],
    [9_000, true, [[7, 3]]],
  ]);
});

it('a reading whose last line is missing counts when all of its maps are there', () => {
  expect(batchesOf([...TICK, text('tick 2000000\n'), iter(2), byOrder])).toEqual([
    [1_000, false, [[7, 1]]],
    [2_000, false, [[7, 2]]],
  ]);
});

it('a reading that ended in the middle is none', () => {
  expect(batchesOf([...TICK, text('tick 2000000\n'), iter(2)])).toEqual([[1_000, false, [[7, 1]]]]);
});
