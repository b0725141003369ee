/**
 * Memory and faults of the processes that a probe counts, beside its counts: read from /proc at each sample, for the
 * living. The cost is bounded: at most `MAX_READ` processes are read per sample, and when there are more they take
 * turns, so that a level may be some samples old.
 *
 * Faults are counted as everything else in a session: since tracing began. Of a process that ran before, what it had
 * when it was first met is left out. What a process does between its last reading and its end is not seen.
 */
import type { MetricDescriptor } from '../core/metric.ts';
import type { CounterEntry, ProcessMemory } from '../core/record.ts';

const MAX_READ = 256;

const TURNS = `read at each sample; of more than ${MAX_READ} processes in turns`;

const describe = (
  name: string,
  kind: MetricDescriptor['kind'],
  unit: MetricDescriptor['unit'],
  label: string,
  help: string,
): MetricDescriptor => ({ id: `proc.${name}`, probe: 'host', scope: 'pid', kind, unit, label, help });

export const PROCESS_METRICS: readonly MetricDescriptor[] = [
  describe('rss_bytes', 'gauge', 'bytes', 'RSS', `Memory the process holds (/proc/PID/statm), ${TURNS}.`),
  describe(
    'anon_bytes',
    'gauge',
    'bytes',
    'anon RSS',
    `Of it, what is no file and not shared: heaps, arenas and stacks (/proc/PID/statm), ${TURNS}.`,
  ),
  describe(
    'minor_faults',
    'counter',
    'count',
    'minor faults',
    `Page faults served from memory (/proc/PID/stat), of those running before since they were first seen; ${TURNS}.`,
  ),
  describe(
    'major_faults',
    'counter',
    'count',
    'faults on disk',
    `Page faults that waited for a device (/proc/PID/stat), of those running before since they were first seen; ${TURNS}.`,
  ),
];

export type ProcessMeter = {
  /** Metric id to entries, for the processes that are there. */
  read(pids: readonly number[]): ReadonlyMap<string, readonly CounterEntry[]>;
  /** Counters of a new epoch begin at zero. */
  restart(): void;
};

type Known = {
  readonly startMs: number;
  minorBase: number;
  majorBase: number;
  last: ProcessMemory;
};

/**
 * @param countsSinceMs start of the session in ms since boot: faults of processes that started later count in full;
 * null when all of them do, as those of a command that waited for it
 */
export const createProcessMeter = (
  memory: (pid: number) => ProcessMemory | null,
  countsSinceMs: number | null,
): ProcessMeter => {
  const known = new Map<number, Known>();
  let turn = 0;

  const meet = (now: ProcessMemory): Known => {
    const ranBefore = countsSinceMs !== null && now.startMs < countsSinceMs;
    return {
      startMs: now.startMs,
      minorBase: ranBefore ? now.minorFaults : 0,
      majorBase: ranBefore ? now.majorFaults : 0,
      last: now,
    };
  };

  const readOne = (pid: number): Known | null => {
    const now = memory(pid);
    if (now === null) return null;
    const before = known.get(pid);
    if (before === undefined || before.startMs !== now.startMs) {
      const fresh = meet(now);
      known.set(pid, fresh);
      return fresh;
    }
    before.last = now;
    return before;
  };

  /** The next `MAX_READ` of them, going round. */
  const onTurn = (pids: readonly number[]): readonly number[] => {
    if (pids.length <= MAX_READ) return pids;
    const from = turn % pids.length;
    turn = from + MAX_READ;
    return [...pids.slice(from), ...pids.slice(0, from)].slice(0, MAX_READ);
  };

  return {
    read: (pids) => {
      const listed = new Set(pids);
      for (const pid of known.keys()) if (!listed.has(pid)) known.delete(pid);
      const entries = new Map<string, CounterEntry[]>(PROCESS_METRICS.map(({ id }) => [id, []]));
      const add = (id: string, pid: number, value: number): void => {
        entries.get(id)?.push([pid, value]);
      };
      for (const pid of onTurn(pids)) {
        const one = readOne(pid);
        if (one === null) continue;
        add('proc.rss_bytes', pid, one.last.rssBytes);
        add('proc.anon_bytes', pid, one.last.anonBytes);
        add('proc.minor_faults', pid, Math.max(0, one.last.minorFaults - one.minorBase));
        add('proc.major_faults', pid, Math.max(0, one.last.majorFaults - one.majorBase));
      }
      return entries;
    },
    restart: () => {
      for (const one of known.values()) {
        one.minorBase = one.last.minorFaults;
        one.majorBase = one.last.majorFaults;
      }
    },
  };
};
