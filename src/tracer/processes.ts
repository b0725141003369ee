/**
 * The processes of a session: who is met, who shares a PID, who is gone. What is known of each is kept in the roster;
 * here it becomes records of the stream, and losses where it cannot be known.
 */
import type { Selection, StreamRecord } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';
import type { ProcessEvent } from '../wire/frame.ts';
import { createLineCheck } from './line-check.ts';
import type { LossTally } from './losses.ts';
import { createNewcomers } from './newcomers.ts';
import { createRoster } from './roster.ts';
import { createSharers, type Life, type Sharing } from './sharers.ts';
import type { Whose } from './whose.ts';
import { HELD_COMM } from './workload.ts';

export type ProcessesOptions = {
  readonly host: HostPort;
  readonly selection: Selection;
  /** PID of the command we hold, as its parent knows it; null without one. */
  readonly commandPid: number | null;
  readonly wantsComm: (comm: string) => boolean;
  readonly whose: Whose;
  readonly losses: LossTally;
  readonly emit: (record: StreamRecord) => void;
};

export type Processes = {
  /** What the tracer says of one, besides that its keys are gone. */
  event(event: Exclude<ProcessEvent, { kind: 'forget' }>): void;
  /** The kernel deleted its keys, and read they were last at this time. */
  forget(pid: number, lastReadUs: number): void;
  /** Names those whose counts moved. After the last counts no name comes any more. */
  meet(pids: Iterable<number>, bootUs: number, final: boolean): void;
  /** Whether what it counts is reported. Without a filter by name, counts do not wait for one. */
  isWanted(pid: number): boolean;
  /** What it counted in this interval. */
  grew(pid: number, metric: string, by: number): void;
  /** Those that are reported whether or not they count: who lives, has loaded its program by now, or was asked for. */
  look(bootUs: number): void;
  /** The tracer was read, and with that an interval is over. */
  closeInterval(bootUs: number): void;
  /** Those that are gone though no exit line came; at the end all of them. PIDs of which nothing more can come. */
  tellVanished(bootUs: number, atEnd: boolean): readonly number[];
  /** Those that belong to the session and are not known to have ended. */
  living(): readonly number[];
  /** It is known, and not known to have ended. */
  lives(pid: number): boolean;
  /** How many exits the kernel has counted; once we are stopping, those whose lines are missing are reported at the end. */
  countExits(counted: number, nowUs: number, stopping: boolean): void;
  /** No line will come any more. */
  countExitsAtEnd(): void;
  /** The tracer is gone: its count of exits ends with it. */
  detached(): void;
  /** A new tracer counts from zero, and its kernel side knows nobody. */
  restart(bootUs: number): void;
};

export const createProcesses = (options: ProcessesOptions): Processes => {
  const { host, selection, commandPid, whose, losses, emit } = options;
  const roster = createRoster({ ...host, own: whose.isOwn }, options.wantsComm);
  const sharers = createSharers();
  const exits = createLineCheck();
  const newcomers = createNewcomers();
  /** Those that the user asked for: they are there, whether or not they count. */
  const askedFor = commandPid === null ? selection.pids : [commandPid];
  const asked = new Set(askedFor);
  const unnamed = new Set<number>();
  /** When the tracer was read last; null before the first time. */
  let readUs: number | null = null;

  const emitAll = (records: readonly StreamRecord[]): void => {
    for (const record of records) emit(record);
  };

  const ended = (event: Extract<ProcessEvent, { kind: 'exit' }>): void => {
    exits.seen();
    const record = roster.exit(event);
    if (record !== null) emit(record);
    const { pid, startMs, comm, bootUs } = event;
    const sharing = sharers.ended(pid, { startMs, comm, exitedUs: bootUs }, roster.life(pid));
    if (sharing !== null) emitShared(sharing);
  };

  /** What two processes counted under one PID within one interval is known in sum only. */
  const emitShared = ({ pid, lives, amounts }: Sharing): void => {
    const who = `PID ${pid} was of ${lives.map(({ comm }) => comm).join(' and then ')} within one interval`;
    const reported = lives.flatMap(
      (life: Life) => roster.shared(pid, life, `${who}: what each counted in it is not known`) ?? [],
    );
    if (reported.length === 0) return;
    emitAll(reported);
    for (const [metric, count] of amounts) losses.add('shared-pid', count, { metric, detail: who });
  };

  const isWanted = (pid: number): boolean => roster.wanted(pid) ?? selection.comm === null;

  const meetOne = (pid: number, bootUs: number, final: boolean): void => {
    const record = roster.meet(pid, bootUs);
    if (record !== null && isWanted(pid)) emit(record);
    if (!final || isWanted(pid) || roster.wanted(pid) !== null || unnamed.has(pid)) return;
    unnamed.add(pid);
    losses.add('unnamed-process', 1, { detail: `pid ${pid}` });
  };

  const lookAt = (pid: number, bootUs: number): void => {
    const record = roster.meet(pid, bootUs, false);
    if (record !== null && roster.wanted(pid) === true) emit(record);
  };

  const lookAtAsked = (bootUs: number): void => {
    if (host.unnamed !== null) return;
    for (const pid of asked) {
      if (host.process(pid)?.comm === HELD_COMM) continue;
      asked.delete(pid);
      lookAt(pid, bootUs);
    }
  };

  /** Each file is reported once: totals lack what the processes do that use it later, and have no row. */
  const noteFile = (event: Extract<ProcessEvent, { kind: 'file' }>): void => {
    const reasons = host.uncoveredBy(event);
    if (Object.keys(reasons).length === 0 || !options.wantsComm(event.comm)) return;
    for (const [metric, detail] of Object.entries(reasons))
      losses.add('unseen-program', 1, { metric, detail });
    const record = roster.uses(event, reasons);
    if (record !== null) emit(record);
  };

  const noteMissedExits = (missed: number): void => {
    if (missed === 0) return;
    losses.add('unnamed-process', missed, { detail: 'exits that bpftrace did not print' });
    roster.doubt();
  };

  return {
    event: (event) => {
      if (event.kind === 'exit') {
        ended(event);
        return;
      }
      if (event.kind === 'file') {
        noteFile(event);
        return;
      }
      const record = event.kind === 'meet' ? roster.met(event) : roster.renamed(event);
      if (record !== null) emit(record);
    },
    forget: (pid, lastReadUs) => {
      const exitedUs = roster.forget(pid);
      // Deleting is immediate, printing is not: a tracer that was held up may have deleted what nobody had read.
      if (exitedUs !== null && lastReadUs < exitedUs) losses.add('unread-exit', 1, { detail: `pid ${pid}` });
    },
    meet: (pids, bootUs, final) => {
      for (const pid of pids) meetOne(pid, bootUs, final);
    },
    isWanted,
    grew: sharers.grew,
    look: (bootUs) => {
      for (const pid of roster.grown(bootUs)) lookAt(pid, bootUs);
      lookAtAsked(bootUs);
      for (const pid of newcomers.find(host.living(), bootUs, whose.isSelected)) lookAt(pid, bootUs);
    },
    closeInterval: (bootUs) => {
      if (readUs !== null)
        for (const sharing of sharers.close(readUs, bootUs, roster.life)) emitShared(sharing);
      readUs = bootUs;
    },
    tellVanished: (bootUs, atEnd) => {
      // Where its PIDs are those of another namespace nobody can be looked up.
      if (host.unnamed !== null) return [];
      emitAll(atEnd ? roster.vanishedAtEnd(bootUs) : roster.vanished(bootUs));
      const over = roster.uncounted(bootUs);
      for (const pid of over) {
        newcomers.forget(pid);
        emit({ type: 'forget', bootUs, pid });
      }
      return over;
    },
    living: roster.living,
    lives: (pid) => roster.life(pid)?.exitedUs === null,
    countExits: (counted, nowUs, stopping) => {
      const missed = exits.missed(counted, nowUs);
      if (!stopping) noteMissedExits(missed);
    },
    countExitsAtEnd: () => {
      const missed = exits.missedAtEnd();
      // Of a process that has its name the line would only have reported when it ended.
      if (missed > 0) noteMissedExits(Math.max(0, missed - roster.unreportedExits()));
    },
    detached: exits.restart,
    restart: (bootUs) => {
      roster.restart();
      newcomers.restart();
      sharers.restart();
      for (const pid of askedFor) asked.add(pid);
      readUs = bootUs;
    },
  };
};
