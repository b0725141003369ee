import { describe, expect, it } from 'vitest';
import type { ProcessReading } from '../../src/core/record.ts';
import { createProcessMeter } from '../../src/tracer/process-meter.ts';

const MS = 1e6;

const readingOf = (more: Partial<ProcessReading> = {}): ProcessReading => ({
  ...{ startMs: 100, ppid: 1, isRunnable: false, cpuMs: 400, childCpuMs: 0, minorFaults: 50, majorFaults: 2 },
  memory: { rssBytes: 8192, anonBytes: 4096 },
  ...more,
});

/** A /proc that can change. */
const world = (countsSinceMs: number | null) => {
  const processes = new Map<number, ProcessReading>();
  const threads = new Map<number, Map<number, number>>();
  const reads: number[] = [];
  const threadReads: number[] = [];
  const meter = createProcessMeter(
    {
      reading: (pid) => {
        reads.push(pid);
        return processes.get(pid) ?? null;
      },
      cpuWaits: (pid) => {
        threadReads.push(pid);
        const now = threads.get(pid);
        return now === undefined ? null : new Map(now);
      },
    },
    countsSinceMs,
  );
  const valueAt = (metric: string, pid: number, pids = [...processes.keys()]): number | undefined =>
    meter
      .read(pids)
      .entries.get(`proc.${metric}`)
      ?.find(([owner]) => owner === pid)?.[1];
  return { processes, threads, reads, threadReads, meter, valueAt };
};

describe('what a process uses', () => {
  it('is levels, and counts since tracing began for who ran before', () => {
    const { processes, meter } = world(1_000);
    processes.set(7, readingOf());
    expect(Object.fromEntries(meter.read([7]).entries)).toEqual({
      'proc.cpu_ms': [[7, 0]],
      'proc.cpu_wait_ns': [],
      'proc.child_cpu_ms': [],
      'proc.rss_bytes': [[7, 8192]],
      'proc.anon_bytes': [[7, 4096]],
      'proc.minor_faults': [[7, 0]],
      'proc.major_faults': [[7, 0]],
    });
    const memory = { rssBytes: 4096, anonBytes: 4096 };
    processes.set(7, readingOf({ memory, cpuMs: 510, minorFaults: 73, majorFaults: 5 }));
    const now = meter.read([7]).entries;
    expect(now.get('proc.rss_bytes')).toEqual([[7, 4096]]);
    expect(now.get('proc.cpu_ms')).toEqual([[7, 110]]);
    expect(now.get('proc.minor_faults')).toEqual([[7, 23]]);
    expect(now.get('proc.major_faults')).toEqual([[7, 3]]);
  });

  it('counts in full for who came later, and for a command that waited', () => {
    const later = world(1_000);
    later.processes.set(7, readingOf({ startMs: 1_000 }));
    expect(later.valueAt('cpu_ms', 7)).toBe(400);
    const waited = world(null);
    waited.processes.set(7, readingOf());
    expect(waited.valueAt('minor_faults', 7)).toBe(50);
  });

  it('belongs to one life of a PID', () => {
    const { processes, valueAt } = world(1_000);
    processes.set(7, readingOf());
    expect(valueAt('cpu_ms', 7)).toBe(0);
    processes.set(7, readingOf({ startMs: 2_000, cpuMs: 30 }));
    expect(valueAt('cpu_ms', 7)).toBe(30);
  });

  it('begins at zero with a new life of the tracer, so that nothing counts twice', () => {
    const { processes, meter, valueAt } = world(null);
    processes.set(7, readingOf());
    meter.read([7]);
    meter.restart();
    processes.set(7, readingOf({ cpuMs: 460 }));
    expect(valueAt('cpu_ms', 7)).toBe(60);
  });

  it('is nothing for who is gone, and time alone for a kernel thread', () => {
    const { processes, meter } = world(null);
    expect([...meter.read([7]).entries.values()].flat()).toEqual([]);
    processes.set(8, readingOf({ memory: null }));
    const now = meter.read([8]).entries;
    expect(now.get('proc.cpu_ms')).toEqual([[8, 400]]);
    expect(now.get('proc.rss_bytes')).toEqual([]);
  });

  it('is read of 2,048 at a time, of all of them once in a round', () => {
    const { processes, reads, meter } = world(null);
    const pids = Array.from({ length: 5_000 }, (_, index) => index + 1);
    for (const pid of pids) processes.set(pid, readingOf());
    const rounds = [1, 2, 3, 4, 5, 6].map(() => {
      const before = reads.length;
      const { isWhole } = meter.read(pids);
      return [reads.length - before, isWhole];
    });
    const round = [[2_048, false], [2_048, false], [904, true]]; // biome-ignore format: a table
    expect(rounds).toEqual([...round, ...round]);
    expect(new Set(reads.slice(0, 5_000)).size).toBe(5_000);
    expect(reads.slice(5_000)).toEqual(reads.slice(0, 5_000));
  });

  it('ends a round with those who live, whoever ended or began meanwhile', () => {
    const { processes, reads, meter } = world(null);
    const pids = Array.from({ length: 3_000 }, (_, index) => index + 1);
    for (const pid of [...pids, 9_000]) processes.set(pid, readingOf());
    expect(meter.read(pids).isWhole).toBe(false);
    const living = [...pids.filter((pid) => pid % 2 === 0), 9_000];
    const before = reads.length;
    expect(meter.read(living).isWhole).toBe(true);
    expect(reads.slice(before)).toEqual(pids.slice(2_048).filter((pid) => pid % 2 === 0));
    meter.read(living);
    expect(reads.at(-1)).toBe(9_000);
  });
});

describe('CPU time of children that are too short to be seen', () => {
  it('is counted in who waited for them', () => {
    const { processes, valueAt } = world(1_000);
    processes.set(7, readingOf({ childCpuMs: 5_000 }));
    expect(valueAt('child_cpu_ms', 7)).toBeUndefined();
    processes.set(7, readingOf({ childCpuMs: 5_900 }));
    expect(valueAt('child_cpu_ms', 7)).toBe(900);
  });

  it('leaves out what each was seen to use, and its own children', () => {
    const { processes, valueAt } = world(1_000);
    processes.set(7, readingOf({ childCpuMs: 5_000 }));
    processes.set(8, readingOf({ ppid: 7, startMs: 2_000, cpuMs: 600, childCpuMs: 100 }));
    valueAt('child_cpu_ms', 7);
    processes.delete(8);
    processes.set(7, readingOf({ childCpuMs: 5_750 }));
    expect(valueAt('child_cpu_ms', 7)).toBe(50);
  });

  it('does not leave out for ever what was never waited for', () => {
    const { processes, valueAt } = world(1_000);
    processes.set(7, readingOf());
    processes.set(8, readingOf({ ppid: 7, startMs: 2_000, cpuMs: 600 }));
    valueAt('child_cpu_ms', 7);
    processes.delete(8);
    for (let reading = 0; reading < 5; reading += 1) valueAt('child_cpu_ms', 7);
    processes.set(7, readingOf({ childCpuMs: 400 }));
    expect(valueAt('child_cpu_ms', 7)).toBe(400);
  });
});

describe('time waited for a CPU', () => {
  it('adds up over threads, also when one ends and another begins', () => {
    const { processes, threads, valueAt } = world(1_000);
    processes.set(7, readingOf({ isRunnable: true }));
    threads.set(7, new Map([[7, 900 * MS], [71, 50 * MS]])); // biome-ignore format: a table
    expect(valueAt('cpu_wait_ns', 7)).toBe(0);
    threads.set(7, new Map([[7, 930 * MS], [72, 4 * MS]])); // biome-ignore format: a table
    expect(valueAt('cpu_wait_ns', 7)).toBe(34 * MS);
    threads.set(7, new Map([[7, 930 * MS], [72, 1 * MS]])); // biome-ignore format: a table
    expect(valueAt('cpu_wait_ns', 7), 'the number of a thread is another’s').toBe(35 * MS);
  });

  it('counts in full for who came later', () => {
    const { processes, threads, valueAt } = world(1_000);
    processes.set(7, readingOf({ startMs: 1_500, isRunnable: true }));
    threads.set(7, new Map([[7, 12 * MS]]));
    expect(valueAt('cpu_wait_ns', 7)).toBe(12 * MS);
  });

  it('is read of who did all its work before it was first seen', () => {
    const { processes, threads, valueAt } = world(1_000);
    processes.set(7, readingOf({ startMs: 1_500, cpuMs: 10_040 }));
    threads.set(
      7,
      new Map([
        [7, 5_000 * MS],
        [8, 11_000 * MS],
      ]),
    );
    expect(valueAt('cpu_wait_ns', 7)).toBe(16_000 * MS);
  });

  it('is read while a process runs or wants to, and some samples longer', () => {
    const { processes, threads, threadReads, meter } = world(1_000);
    processes.set(7, readingOf({ isRunnable: true }));
    processes.set(8, readingOf());
    threads.set(7, new Map([[7, 0]]));
    meter.read([7, 8]);
    processes.set(7, readingOf());
    for (let sample = 0; sample < 30; sample += 1) meter.read([7, 8]);
    expect(new Set(threadReads)).toEqual(new Set([7]));
    expect(threadReads.length).toBeLessThan(15);
  });

  it('is bounded in one sample, and reaches everybody in turns', () => {
    const { processes, threads, threadReads, meter } = world(1_000);
    const pids = Array.from({ length: 10 }, (_, index) => index + 1);
    for (const pid of pids) {
      processes.set(pid, readingOf({ isRunnable: true }));
      threads.set(pid, new Map(Array.from({ length: 900 }, (_, thread) => [pid * 1_000 + thread, 5])));
    }
    for (let sample = 0; sample < 4; sample += 1) {
      const before = threadReads.length;
      meter.read(pids);
      expect(threadReads.length - before).toBeLessThanOrEqual(3);
    }
    expect(new Set(threadReads).size).toBe(10);
  });
});
