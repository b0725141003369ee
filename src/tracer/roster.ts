/**
 * Who the counted PIDs are. The kernel counts by PID alone; a process is PID and start time. Living processes are
 * read from /proc when they first count, the short-lived are named by their exit line, and a PID that counts on
 * after its exit is looked at again, because it may have a new owner. A process keeps the names under which it counted:
 * an exec changes who it is, not what it did before.
 */
import type { ExitRecord, ProcessFacts, ProcessRecord } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';
import type { ProcessEvent } from '../wire/frame.ts';
import { doubt, glanceAgain, isFresh, isGrown, isUnchanged, type Known, knownAt } from './known.ts';
import { before, createEarlyNames, withName } from './names.ts';
import type { Life } from './sharers.ts';
import { createVanished } from './vanished.ts';

export type Roster = {
  /** Called for every PID whose counts moved, before the sample; `counts` is false for one that is only looked up. */
  meet(pid: number, bootUs: number, counts?: boolean): ProcessRecord | null;
  /** Whether this PID's counts belong to the session; null while nobody knows its name. */
  wanted(pid: number): boolean | null;
  /** Living processes that were last looked at while they were loading, and are loaded now. */
  grown(bootUs: number): readonly number[];
  exit(event: Extract<ProcessEvent, { kind: 'exit' }>): ExitRecord | null;
  /** The tracer says who a process is. */
  met(event: Extract<ProcessEvent, { kind: 'meet' }>): ProcessRecord | null;
  /** It uses a file because of which some of it is not counted: metric to why. */
  uses(event: Extract<ProcessEvent, { kind: 'file' }>, uncovered: Reasons): ProcessRecord | null;
  /** A process has another name from now on. What there is to report at once, when it came after its exit. */
  renamed(event: Extract<ProcessEvent, { kind: 'name' }>): ExitRecord | null;
  /** Those that are gone though no exit line came: it is lost, or the kernel had no room to remember that they count. */
  vanished(bootUs: number): readonly ExitRecord[];
  /** The same when no exit line will come any more, of all of them. */
  vanishedAtEnd(bootUs: number): readonly ExitRecord[];
  /** Who has this PID now, as far as is known. */
  life(pid: number): Life | null;
  /** The same once more, with why some of what it counted may be another's. */
  shared(pid: number, life: Life, why: string): ProcessRecord | ExitRecord | null;
  /** Drops those that ended long ago and never counted: no line about them will come. */
  uncounted(bootUs: number): readonly number[];
  /** The kernel deleted this PID's keys. When it had exited, µs since boot of that; otherwise null. */
  forget(pid: number): number | null;
  /** Those that belong to the session and are not known to have ended. */
  living(): number[];
  /** How many have counted, have a name and are gone, though nobody reported that they ended. */
  unreportedExits(): number;
  /** Some exits went unseen: take no name for granted. */
  doubt(): void;
  /** A new tracer counts from zero, and its kernel side knows nobody. */
  restart(): void;
};

/** A tracer that is held up may say what a process counted long after it has ended. */
const SILENT_US = 60_000_000;

type Named = Extract<ProcessEvent, { kind: 'meet' | 'file' }>;

/** A line that comes late is about a process before the one that is known by now. */
const isLate = (who: Pick<Known, 'startMs'>, startMs: number | null): boolean =>
  who.startMs !== null && startMs !== null && startMs < who.startMs;

/** It may have been moved. */
const isPlacedAs = (before: ProcessRecord | null, now: ProcessRecord): boolean =>
  before === null || (before.cgroup === now.cgroup && before.cgroups?.join('\n') === now.cgroups?.join('\n'));

type Reasons = Readonly<Record<string, string>>;

/** Of a process of which all can be counted. */
const NOTHING = '{}';

export const createRoster = (
  host: Pick<HostPort, 'process' | 'image' | 'own'>,
  wantsComm: (comm: string) => boolean,
): Roster => {
  const known = new Map<number, Known>();
  /** Those looked at before they were grown. */
  const newborn = new Set<number>();
  /** Those that changed their name since they were looked at. */
  const renamed = new Set<number>();
  const early = createEarlyNames();
  const vanished = createVanished(host, known, (pid, who) => {
    doubt(who);
    renamed.add(pid);
  });

  /** Whether it is who it was, as far as can be determined without reading all of it. */
  const isSettled = (pid: number, who: Known, image: string | null, bootUs: number): boolean => {
    if (newborn.has(pid) || !isUnchanged(who, image, bootUs)) return false;
    who.checkedUs = bootUs;
    return true;
  };

  /** Reads all of it. */
  const read = (
    facts: ProcessFacts,
    { image, bootUs, counts }: { image: string | null; bootUs: number; counts: boolean },
  ): ProcessRecord | null => {
    const { pid, startMs, comm } = facts;
    const who = known.get(pid);
    const owner = who?.startMs === startMs ? who : null;
    if (isGrown(facts, bootUs)) newborn.delete(pid);
    else newborn.add(pid);
    renamed.delete(pid);
    const names = owner?.formerly ?? early.take(pid, bootUs);
    const formerly =
      owner !== null && owner.comm !== comm && owner.counts ? withName(names, owner.comm) : names;
    // On its way out it shows no interpreter any more; what could not be counted of it stays so.
    const isKept = facts.uncovered === undefined && owner?.comm === comm && owner.uncovered !== NOTHING;
    const uncovered = isKept ? owner.uncovered : JSON.stringify(facts.uncovered ?? {});
    const record = recordOf(
      isKept ? { ...facts, uncovered: JSON.parse(uncovered) as Reasons } : facts,
      formerly,
      bootUs,
    );
    const isSame =
      owner !== null &&
      owner.comm === comm &&
      owner.uncovered === uncovered &&
      isPlacedAs(owner.reported, record) &&
      owner.reported?.formerly?.length === record.formerly?.length;
    known.set(
      pid,
      knownAt(bootUs, {
        startMs,
        comm,
        formerly,
        exitedUs: isSame ? owner.exitedUs : null,
        wanted: wantsComm(comm),
        counts: counts || owner?.counts === true,
        image,
        uncovered,
        reported: record,
      }),
    );
    return isSame ? null : record;
  };

  const recordOf = (facts: ProcessFacts, formerly: readonly string[], bootUs: number): ProcessRecord => {
    const { pid, startMs, comm, ppid, uid, cmdline, cgroup, cgroups, uncovered } = facts;
    const own = host.own(facts);
    return {
      ...{ type: 'process', bootUs, pid, startMs, comm, ppid, uid, cmdline, cgroup },
      ...(cgroups === undefined ? {} : { cgroups }),
      ...(uncovered === undefined ? {} : { uncovered }),
      ...(own ? { own } : {}),
      ...before(formerly, comm),
    };
  };

  const endOf = (
    pid: number,
    bootUs: number,
    { startMs, comm, formerly }: Pick<Known, 'startMs' | 'comm' | 'formerly'>,
  ): ExitRecord => {
    const own = host.own({ pid, startMs, ppid: null });
    return { type: 'exit', bootUs, pid, startMs, comm, ...(own ? { own } : {}), ...before(formerly, comm) };
  };

  const endsOf = (ended: readonly (readonly [number, Known])[], bootUs: number): ExitRecord[] =>
    ended.flatMap(([pid, who]) => (who.wanted ? [endOf(pid, who.goneUs ?? bootUs, who)] : []));

  const meet = (pid: number, bootUs: number, counts = true): ProcessRecord | null => {
    const who = known.get(pid);
    const isDue = who === undefined || !isFresh(who, bootUs);
    const image = isDue ? host.image(pid) : null;
    if (who !== undefined && (!isDue || isSettled(pid, who, image, bootUs))) {
      who.counts ||= counts;
      return null;
    }
    const facts = host.process(pid);
    if (facts !== null) return read(facts, { image, bootUs, counts });
    newborn.delete(pid);
    renamed.delete(pid);
    if (who !== undefined) who.counts ||= counts;
    return null;
  };

  /** Who the tracer says it is. */
  const named = (
    { kind, pid, bootUs, startMs, ppid, comm }: Named,
    more: Partial<Pick<ProcessRecord, 'uncovered'>> = {},
  ): ProcessRecord | null => {
    const own = host.own({ pid, startMs, ppid });
    const record: ProcessRecord = {
      ...{ type: 'process', bootUs, pid, startMs, comm },
      ...(ppid === null ? {} : { ppid }),
      ...(own ? { own } : {}),
      ...more,
    };
    const wanted = wantsComm(comm);
    const uncovered = JSON.stringify(more.uncovered ?? {});
    known.set(
      pid,
      knownAt(bootUs, { startMs, comm, wanted, counts: kind === 'meet', uncovered, reported: record }),
    );
    return wanted ? record : null;
  };

  return {
    meet,
    wanted: (pid) => known.get(pid)?.wanted ?? null,
    grown: (bootUs) => {
      const grown = [...newborn].filter((pid) => {
        const who = known.get(pid);
        if (who !== undefined && who.exitedUs === null) return isGrown(who, bootUs);
        newborn.delete(pid);
        return false;
      });
      return [...new Set([...grown, ...renamed])];
    },
    exit: ({ pid, bootUs, startMs, comm }) => {
      const who = known.get(pid);
      const isOwner = who !== undefined && (startMs === null || who.startMs === startMs);
      const unmet = early.take(pid, bootUs);
      const names = isOwner ? unmet.reduce(withName, who.formerly) : unmet;
      const formerly = isOwner && who.comm !== comm && who.counts ? withName(names, who.comm) : names;
      renamed.delete(pid);
      const record = endOf(pid, bootUs, { startMs, comm, formerly });
      const wanted = wantsComm(comm);
      if (who === undefined || !isLate(who, startMs)) {
        const uncovered = who?.uncovered ?? NOTHING;
        const ended = { startMs: startMs ?? who?.startMs ?? null, comm, formerly, exitedUs: bootUs };
        known.set(pid, knownAt(bootUs, { ...ended, wanted, uncovered }));
      }
      return wanted ? record : null;
    },
    met: (event) => {
      const who = known.get(event.pid);
      if (who !== undefined && who.startMs === event.startMs && who.exitedUs === null) return null;
      return named(event);
    },
    uses: (event, uncovered) => {
      const { pid, startMs, bootUs } = event;
      const before = known.get(pid);
      if (before !== undefined) doubt(before);
      const met = meet(pid, bootUs, false);
      const who = known.get(pid);
      if (who === undefined) return named(event, { uncovered });
      const isAnother = startMs !== null && who.startMs !== startMs;
      if (met === null && isAnother) return isLate(who, startMs) ? null : named(event, { uncovered });
      const reported = met ?? (who.exitedUs === null ? who.reported : null);
      if (reported === null || !who.wanted) return null;
      return isAnother ? reported : { ...reported, uncovered: { ...uncovered, ...reported.uncovered } };
    },
    renamed: ({ pid, bootUs, comm }) => {
      const who = known.get(pid);
      if (who === undefined || (who.exitedUs !== null && who.exitedUs < bootUs)) {
        early.add(pid, comm, bootUs);
        return null;
      }
      who.formerly = withName(who.formerly, comm);
      doubt(who);
      if (who.exitedUs !== null) return who.wanted ? endOf(pid, who.exitedUs, who) : null;
      renamed.add(pid);
      return null;
    },
    vanished: (bootUs) => endsOf(vanished.find(bootUs), bootUs),
    vanishedAtEnd: (bootUs) => endsOf(vanished.findAll(bootUs), bootUs),
    life: (pid) => known.get(pid) ?? null,
    shared: (pid, { startMs, comm, exitedUs }, why) => {
      if (!wantsComm(comm)) return null;
      if (exitedUs !== null) return { ...endOf(pid, exitedUs, { startMs, comm, formerly: [] }), shared: why };
      const reported = known.get(pid)?.reported;
      return reported?.startMs === startMs ? { ...reported, shared: why } : null;
    },
    forget: (pid) => {
      const who = known.get(pid);
      if (who === undefined || who.exitedUs === null) return null;
      known.delete(pid);
      return who.exitedUs;
    },
    uncounted: (bootUs) => {
      const over = [...known].filter(
        ([, { counts, exitedUs }]) => !counts && exitedUs !== null && bootUs - exitedUs > SILENT_US,
      );
      for (const [pid] of over) known.delete(pid);
      return over.map(([pid]) => pid);
    },
    living: () => [...known].filter(([, who]) => who.exitedUs === null && who.wanted).map(([pid]) => pid),
    unreportedExits: vanished.unreported,
    restart: () => {
      known.clear();
      newborn.clear();
      renamed.clear();
      early.clear();
    },
    doubt: () => {
      for (const who of known.values()) glanceAgain(who);
    },
  };
};
