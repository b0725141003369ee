/** Where lines about processes are lost some have no name: gone before anybody could look, and not silent before. */
import { expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { snapshotOf } from '../../src/session/session.ts';
import { START_US, sampleOf, sessionAfter } from '../helpers/stream.ts';

const SAMPLES = 200;
const LATE = 150;

/** One process works all the time; from a moment on some begin that do a thing once. */
const session = (named: boolean) => {
  const records: StreamRecord[] = [{ type: 'process', bootUs: START_US, pid: 7, startMs: 1, comm: 'worker' }];
  for (let seq = 0; seq < SAMPLES; seq += 1) {
    const pid = 1_000 + seq;
    const isLate = seq >= LATE;
    if (isLate && named)
      records.push({ type: 'process', bootUs: START_US, pid, startMs: null, comm: 'sleeper' });
    records.push(
      sampleOf(seq, {
        'iomap.iter': [[7, 10 * (seq + 1)], ...(isLate ? [[pid, 5_000] as [number, number]] : [])],
      }),
    );
  }
  return snapshotOf(sessionAfter(records)).insight.spikes.filter(({ pid }) => pid !== null && pid >= 1_000);
};

it('what they did once is no spike', () => {
  expect(session(false)).toEqual([]);
});

it('it is one of a process that is known, and was silent for as long as anybody watches', () => {
  expect(session(true).length).toBeGreaterThan(10);
});
