import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import { checkpointOf } from '../../src/core/checkpoint.ts';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { restoreState } from '../../src/core/restore.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState, ENDED_ROWS, MAX_ENTITIES } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';

const A_SAMPLE = 40;
/** The loudest of all came early and ended long ago. */
const LOUD_PID = 17;
const countOf = (pid: number): number => (pid === LOUD_PID ? 1_000_000 : 1 + (pid % 5));

/** A host that starts and ends `A_SAMPLE` processes with every sample. */
const churn = function* (samples: number): Generator<StreamRecord> {
  for (let seq = 0; seq < samples; seq += 1) {
    const bootUs = START_US + seq * 1_000_000;
    const pids = Array.from({ length: A_SAMPLE }, (_, index) => seq * A_SAMPLE + index + 1);
    for (const pid of pids) yield { type: 'process', bootUs, pid, startMs: pid, comm: 'brief' };
    yield sampleOf(seq, { 'iomap.iter': pids.map((pid) => [pid, countOf(pid)]) });
    for (const pid of pids) {
      yield { type: 'exit', bootUs: bootUs + pid, pid, startMs: pid, comm: 'brief' };
      yield { type: 'forget', bootUs, pid };
    }
  }
};

const sumOf = ({ rows, others }: Snapshot): number =>
  rows.reduce((sum, { metrics }) => sum + (metrics['iomap.iter']?.total ?? 0), 0) +
  (others.metrics['iomap.iter'] ?? 0);

describe('a host that never stops starting processes', () => {
  const state = createState(headerOf());
  const held: number[] = [];
  const seen: Snapshot[] = [];
  for (const record of churn(300)) {
    fold(state, record);
    if (record.type !== 'sample') continue;
    held.push(state.owners.size + state.former.size);
    seen.push(takeSnapshot(state));
  }
  const last = seen.at(-1) as Snapshot;

  it('keeps as many of the ended as it says, however long it runs', () => {
    expect(Math.max(...held)).toBeLessThan(2 * ENDED_ROWS + 12 * A_SAMPLE);
    expect(Math.max(...held.slice(-100))).toBe(Math.max(...held.slice(50, 150)));
  });

  it('loses no count, and says of how many it has no row', () => {
    for (const snapshot of seen) expect(sumOf(snapshot)).toBe(snapshot.totals['iomap.iter']?.total);
    expect(last.rows.length + last.others.processes).toBe(300 * A_SAMPLE);
  });

  it('keeps who ended last, and whoever did most, however long ago', () => {
    const pids = new Set(last.rows.map(({ pid }) => pid));
    expect(pids.has(LOUD_PID)).toBe(true);
    expect(pids.has(LOUD_PID + 1)).toBe(false);
    for (let pid = 300 * A_SAMPLE; pid > 300 * A_SAMPLE - ENDED_ROWS; pid -= 1)
      expect(pids.has(pid)).toBe(true);
  });

  it('retires the same ones after a checkpoint', () => {
    const whole = createState(headerOf());
    let again = null as ReturnType<typeof restoreState>;
    for (const record of churn(160)) {
      if (record.type === 'process' && whole.samples === 95 && again === null)
        again = restoreState(whole.header, checkpointOf(whole));
      fold(whole, record);
      if (again !== null) fold(again, record);
    }
    const ids = (of: typeof whole) => takeSnapshot(of).rows.map(({ id }) => id);
    expect(again === null ? null : ids(again)).toEqual(ids(whole));
    expect(again?.others).toEqual(whole.others);
  });

  it('reports a stretch without what came before it, also of those who lost their row within', () => {
    const [earlier, later] = [seen[100], seen[200]] as [Snapshot, Snapshot];
    expect(sumOf(between(earlier, later))).toBe(
      (later.totals['iomap.iter']?.total ?? 0) - (earlier.totals['iomap.iter']?.total ?? 0),
    );
  });

  it('lists all of them where it is asked to', () => {
    const all = createState(headerOf(), MAX_ENTITIES);
    for (const record of churn(100)) fold(all, record);
    expect(takeSnapshot(all).rows).toHaveLength(100 * A_SAMPLE);
  });
});
