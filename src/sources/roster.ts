/**
 * Who the counted PIDs are. The kernel counts by PID alone; a process is PID and start time. Living processes are
 * read from /proc when they first count, the short-lived are named by their exit line, and a PID that counts on
 * after its exit is looked at again, because it may have a new owner.
 */
import type { ExitRecord, ProcessRecord } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';
import type { ProcessEvent } from '../wire/frame.ts';

/** A name can change by exec: soon after the start often, later rarely. Then a glance tells whether it did. */
const YOUNG_US = 10_000_000;
const RECHECK_YOUNG_US = 1_000_000;
const RECHECK_US = 10_000_000;
/** What a glance does not show, another control group or a library loaded late, is looked for after this time. */
const LOOK_AGAIN_US = 60_000_000;
/** A process looked at before this age may still have been loading its program: it is looked at once more. */
const GROWN_US = 1_000_000;

type Known = {
  startMs: number | null;
  comm: string;
  exitedUs: number | null;
  wanted: boolean;
  /** Last glance at it. */
  checkedUs: number;
  /** When all of it was read, and what was running then. */
  readUs: number;
  image: string | null;
  /** What cannot be counted for it, as text to compare: an exec can change it under the same name. */
  uncovered: string;
};

export type Roster = {
  /** Called for every PID whose counts moved, before the sample. */
  meet(pid: number, bootUs: number): ProcessRecord | null;
  /** Whether this PID's counts belong to the session; null while nobody knows its name. */
  wanted(pid: number): boolean | null;
  /** Living processes that were last looked at while they were loading, and are loaded now. */
  grown(bootUs: number): readonly number[];
  exit(event: Extract<ProcessEvent, { kind: 'exit' }>): ExitRecord | null;
  /** The kernel deleted this PID's keys. When it had exited, µs since boot of that; otherwise null. */
  forget(pid: number): number | null;
  /** Those that belong to the session and are not known to have ended. */
  living(): number[];
  /** How many have a name and are gone, though nobody told that they ended. */
  goneUntold(): number;
  /** Some exits went unseen: take no name for granted. */
  doubt(): void;
  /** A new tracer counts from zero, and its kernel side knows nobody. */
  restart(): void;
};

export const createRoster = (
  host: Pick<HostPort, 'process' | 'image'>,
  wantsComm: (comm: string) => boolean,
): Roster => {
  const known = new Map<number, Known>();
  /** Those looked at before they were grown. */
  const newborn = new Set<number>();

  const ageAt = ({ startMs }: Pick<Known, 'startMs'>, bootUs: number): number =>
    startMs === null ? Number.POSITIVE_INFINITY : bootUs - startMs * 1000;

  const isFresh = (who: Known, bootUs: number): boolean => {
    const ageUs = who.startMs === null ? 0 : bootUs - who.startMs * 1000;
    if (ageAt(who, who.readUs) < GROWN_US && ageUs >= GROWN_US) return false;
    return (
      who.exitedUs === null && bootUs - who.checkedUs < (ageUs < YOUNG_US ? RECHECK_YOUNG_US : RECHECK_US)
    );
  };

  /** Whether a glance is enough: it runs what it ran when all of it was read, not long ago. */
  const isUnchanged = (pid: number, who: Known, image: string | null, bootUs: number): boolean => {
    if (image === null || image !== who.image || newborn.has(pid)) return false;
    if (bootUs - who.readUs >= LOOK_AGAIN_US) return false;
    who.checkedUs = bootUs;
    return true;
  };

  return {
    meet: (pid, bootUs) => {
      const who = known.get(pid);
      if (who !== undefined && isFresh(who, bootUs)) return null;
      const image = host.image(pid);
      if (who !== undefined && isUnchanged(pid, who, image, bootUs)) return null;
      const facts = host.process(pid);
      if (facts === null) {
        newborn.delete(pid);
        return null;
      }
      const { startMs, comm, ppid, uid, cmdline, cgroup, uncovered } = facts;
      const told = JSON.stringify(uncovered ?? {});
      if (ageAt(facts, bootUs) < GROWN_US) newborn.add(pid);
      else newborn.delete(pid);
      const same =
        who !== undefined && who.startMs === startMs && who.comm === comm && who.uncovered === told;
      known.set(pid, {
        startMs,
        comm,
        exitedUs: same ? who.exitedUs : null,
        wanted: wantsComm(comm),
        checkedUs: bootUs,
        readUs: bootUs,
        image,
        uncovered: told,
      });
      if (same) return null;
      const record = { type: 'process' as const, bootUs, pid, startMs, comm, ppid, uid, cmdline, cgroup };
      return uncovered === undefined ? record : { ...record, uncovered };
    },
    wanted: (pid) => known.get(pid)?.wanted ?? null,
    grown: (bootUs) =>
      [...newborn].filter((pid) => {
        const who = known.get(pid);
        if (who !== undefined && who.exitedUs === null) return ageAt(who, bootUs) >= GROWN_US;
        newborn.delete(pid);
        return false;
      }),
    exit: ({ pid, bootUs, startMs, comm }) => {
      const wanted = wantsComm(comm);
      known.set(pid, {
        startMs: startMs ?? known.get(pid)?.startMs ?? null,
        comm,
        exitedUs: bootUs,
        wanted,
        checkedUs: bootUs,
        readUs: bootUs,
        image: null,
        uncovered: known.get(pid)?.uncovered ?? '{}',
      });
      return wanted ? { type: 'exit', bootUs, pid, startMs, comm } : null;
    },
    forget: (pid) => {
      const who = known.get(pid);
      if (who === undefined || who.exitedUs === null) return null;
      known.delete(pid);
      return who.exitedUs;
    },
    living: () => [...known].filter(([, who]) => who.exitedUs === null && who.wanted).map(([pid]) => pid),
    goneUntold: () =>
      [...known].filter(([pid, who]) => who.exitedUs === null && host.process(pid)?.startMs !== who.startMs)
        .length,
    restart: () => {
      known.clear();
      newborn.clear();
    },
    doubt: () => {
      for (const who of known.values()) {
        who.checkedUs = Number.NEGATIVE_INFINITY;
        who.image = null;
      }
    },
  };
};
