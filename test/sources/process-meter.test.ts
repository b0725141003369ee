import { describe, expect, it } from 'vitest';
import type { ProcessMemory } from '../../src/core/record.ts';
import { createProcessMeter } from '../../src/sources/process-meter.ts';

const memoryOf = (more: Partial<ProcessMemory> = {}): ProcessMemory => ({
  ...{ startMs: 100, rssBytes: 8192, anonBytes: 4096, minorFaults: 50, majorFaults: 2 },
  ...more,
});

/** A /proc that can change. */
const world = (countsSinceMs: number | null) => {
  const processes = new Map<number, ProcessMemory>();
  const reads: number[] = [];
  const read = (pid: number): ProcessMemory | null => {
    reads.push(pid);
    return processes.get(pid) ?? null;
  };
  return { processes, reads, meter: createProcessMeter(read, countsSinceMs) };
};

describe('memory and faults of a process', () => {
  it('are levels, and counts since tracing began for who ran before', () => {
    const { processes, meter } = world(1_000);
    processes.set(7, memoryOf());
    expect(Object.fromEntries(meter.read([7]))).toEqual({
      'proc.rss_bytes': [[7, 8192]],
      'proc.anon_bytes': [[7, 4096]],
      'proc.minor_faults': [[7, 0]],
      'proc.major_faults': [[7, 0]],
    });
    processes.set(7, memoryOf({ rssBytes: 4096, minorFaults: 73, majorFaults: 5 }));
    expect(meter.read([7]).get('proc.rss_bytes')).toEqual([[7, 4096]]);
    expect(meter.read([7]).get('proc.minor_faults')).toEqual([[7, 23]]);
    expect(meter.read([7]).get('proc.major_faults')).toEqual([[7, 3]]);
  });

  it('count in full for who came later, and for a command that waited', () => {
    const later = world(1_000);
    later.processes.set(7, memoryOf({ startMs: 1_000 }));
    expect(later.meter.read([7]).get('proc.minor_faults')).toEqual([[7, 50]]);
    const waited = world(null);
    waited.processes.set(7, memoryOf());
    expect(waited.meter.read([7]).get('proc.minor_faults')).toEqual([[7, 50]]);
  });

  it('belong to one life of a PID', () => {
    const { processes, meter } = world(1_000);
    processes.set(7, memoryOf());
    meter.read([7]);
    processes.set(7, memoryOf({ startMs: 2_000, minorFaults: 9 }));
    expect(meter.read([7]).get('proc.minor_faults')).toEqual([[7, 9]]);
  });

  it('begin at zero with a new life of the tracer, so that nothing counts twice', () => {
    const { processes, meter } = world(null);
    processes.set(7, memoryOf());
    meter.read([7]);
    meter.restart();
    processes.set(7, memoryOf({ minorFaults: 61 }));
    expect(meter.read([7]).get('proc.minor_faults')).toEqual([[7, 11]]);
  });

  it('are absent for who is gone', () => {
    const { meter } = world(null);
    expect([...meter.read([7]).values()].flat()).toEqual([]);
  });

  it('are read of 256 at a time, all of them in turns', () => {
    const { processes, reads, meter } = world(null);
    const pids = Array.from({ length: 600 }, (_, index) => index + 1);
    for (const pid of pids) processes.set(pid, memoryOf());
    for (const _ of [1, 2, 3]) {
      const before = reads.length;
      meter.read(pids);
      expect(reads.length - before).toBe(256);
    }
    expect(new Set(reads).size).toBe(600);
  });
});
