/**
 * A kernel log, in any of the forms it is kept in, to events on a timeline: `klog.*` counts them on the host, `klog.by.*`
 * of the processes it names, marks say what each was. Of what the kernel does not write (it limits how often) nothing is
 * known: a log is a lower bound.
 */
import { type Chunks, readLines } from '../lines.ts';
import {
  addMark,
  addPoint,
  createPoints,
  isPid,
  leaveOut,
  type PointTable,
  rangeOf,
  type Unreadable,
} from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import { createLogClock, type Place } from './clock.ts';
import { type KernelEvent, KINDS } from './event.ts';
import { kernelOf, oneLineEvent } from './one-line.ts';
import { createPrefixes, type LogLine } from './prefix.ts';
import { beginReport, isWhole, type Report } from './reports.ts';

type Found = { readonly event: KernelEvent; readonly place: Place; readonly line: number };

type Reader = {
  readonly table: PointTable;
  readonly found: Found[];
  /** Reports that more lines may follow, the newest last. */
  open: { readonly report: Report; readonly found: Found; readonly untilLine: number }[];
  readonly hosts: Map<string, number>;
  kernel: string | null;
  /** The event of the line before, for "last message repeated". */
  before: Found | null;
  lines: number;
};

const MOST_EVENTS = 500_000;
/** Lines of a report: an OOM kill lists every task. */
const LONGEST_REPORT_LINES = 120_000;
const MOST_OPEN = 4;
/** How much of a line says which day it is. */
const DAY_CHARS = 6;

const SUPPRESSED = /(\d{1,9}) callbacks suppressed/;
const REPEATED = /(?:last message|^message) repeated (\d{1,9}) times/;
const UNKNOWN_LINE = 'lines that have no time of any form of a kernel log';

export const readKernelLog = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const clock = createLogClock(asked, table);
  const reader: Reader = {
    table,
    found: [],
    open: [],
    hosts: new Map(),
    kernel: null,
    before: null,
    lines: 0,
  };
  const prefixOf = createPrefixes();
  let [first, last]: [Place | null, Place | null] = [null, null];
  let lastLine = '';
  const noteTime = (line: LogLine): Place => {
    const place = clock.note(line);
    first ??= place;
    last = place;
    return place;
  };
  const refused = await readLines(chunks, (line, number) => {
    const isSameDay = line.length > DAY_CHARS && line.startsWith(lastLine.slice(0, DAY_CHARS));
    if (line !== '') lastLine = line;
    if (isSameDay && reader.open.length === 0 && !MENTIONED.test(line)) return null;
    const read = line === '' ? null : prefixOf(line);
    if (read === null) {
      if (line.trim() !== '' && !/^-- /.test(line)) leaveOut(table, UNKNOWN_LINE);
      return null;
    }
    takeLine(reader, read, noteTime(read), number);
    return null;
  });
  if (refused !== null) return refused;
  const end = prefixOf(lastLine);
  if (end !== null) noteTime(end);
  if (first === null || last === null)
    return { where: 'line 1', why: 'no line has a time of any form of a kernel log' };
  if (reader.lines === 0) return { where: 'its end', why: 'no line is of the kernel' };
  for (const { report, found } of reader.open) close(reader, report, found);
  const { instantOf, isUnanchored } = clock.settle();
  // In the order of the lines, so that an hour that was there twice is gone through once.
  const sorted = [...reader.found].sort((a, b) => a.line - b.line);
  countLimitHits(sorted);
  const instants = [instantOf(first)];
  for (const one of sorted) {
    const realUs = instantOf(one.place);
    const why = addEvent(table, one, realUs);
    if (why !== null) return { where: `line ${one.line}`, why };
    instants.push(realUs);
  }
  const known = [...instants, instantOf(last)].filter((us) => us !== null);
  if (known.length === 0) return { where: 'its lines', why: 'nobody can know when any of them was' };
  table.covered.push(rangeOf(known));
  return settle(table) ?? { table, isUnanchored, host: hostOf(reader) };
};

/** What a line that matters has in it. */
const MENTIONED =
  /XFS|EXT4|JBD2|page allocation|blocked for more|oom-killer|Killed process|lockup|LOCKUP|stall|error|timeout|timing out|abort|exception|Linux version|system clock|suppressed|repeated|"MESSAGE" ?: ?\[/;

const takeLine = (reader: Reader, { host, message }: LogLine, place: Place, number: number): void => {
  if (host !== null) reader.hosts.set(host, (reader.hosts.get(host) ?? 0) + 1);
  const repeated = REPEATED.exec(message ?? '');
  if (repeated !== null && reader.before !== null) {
    for (let times = Number(repeated[1]); times > 0 && reader.found.length < MOST_EVENTS; times -= 1)
      reader.found.push(reader.before);
    return;
  }
  if (message === null) return;
  reader.lines += 1;
  reader.kernel = kernelOf(message) ?? reader.kernel;
  for (const text of message.split('\n')) takeMessage(reader, text, place, number);
};

const takeMessage = (reader: Reader, message: string, place: Place, line: number): void => {
  reader.open = reader.open.filter(({ report, found, untilLine }) => {
    if (line <= untilLine) return true;
    close(reader, report, found);
    return false;
  });
  if (reader.open.some((one) => one.report.follow(message))) return;
  const report = beginReport(message);
  reader.before = null;
  const event = report?.event ?? oneLineEvent(message);
  if (event === null) {
    const suppressed = SUPPRESSED.exec(message)?.[1];
    if (suppressed !== undefined)
      leaveOut(reader.table, 'messages that the kernel itself left out', Number(suppressed));
    return;
  }
  const found = { event, place, line };
  if (report === null) {
    keep(reader, found);
    reader.before = found;
    return;
  }
  const [oldest] = reader.open;
  if (reader.open.length >= MOST_OPEN && oldest !== undefined) {
    close(reader, oldest.report, oldest.found);
    reader.open.shift();
  }
  reader.open.unshift({ report, found, untilLine: line + LONGEST_REPORT_LINES });
};

const close = (reader: Reader, report: Report, found: Found): void => {
  if (isWhole(report)) keep(reader, found);
  else leaveOut(reader.table, 'searches for somebody to kill of which no end is in the log');
};

const keep = ({ found, table }: Reader, one: Found): void => {
  if (found.length < MOST_EVENTS) found.push(one);
  else leaveOut(table, `events after the first ${MOST_EVENTS}`);
};

/** What is new of totals that each report repeats; a group that was made anew counts from zero. */
const countLimitHits = (sorted: readonly Found[]): void => {
  const totals = new Map<string, number>();
  for (const { event } of sorted) {
    if (event.limitHits === undefined) continue;
    const { group, total } = event.limitHits;
    const before = totals.get(group) ?? 0;
    totals.set(group, total);
    event.counts.memcg_limit_hits = total >= before ? total - before : total;
  }
};

/** On the host, and of whom it names. */
const addEvent = (table: PointTable, { event, line }: Found, realUs: number | null): string | null => {
  if (realUs === null) {
    leaveOut(table, 'events whose time nobody can know: of another boot, or in an hour that was not');
    return null;
  }
  const { kind, comm, text } = event;
  const pid = event.pid === null || !isPid(event.pid) ? null : event.pid;
  const who = pid !== null ? `${comm ?? '?'} (${pid}): ` : comm === null ? '' : `${comm}: `;
  addMark(table, realUs, `${who}${text}`);
  const of = { realUs, place: line };
  if (KINDS[kind] === 'process' && pid === null)
    table.notes.add(`some ${kind} name no process: they are counted on the host only`);
  for (const [metric, value] of [[kind, 1] as const, ...Object.entries(event.counts)]) {
    const counted = { ...of, value, kind: 'event' } as const;
    const why =
      addPoint(table, { ...counted, metric: `klog.${metric}`, pid: null, comm: null }) ??
      (pid === null ? null : addPoint(table, { ...counted, metric: `klog.by.${metric}`, pid, comm }));
    if (why !== null) return why;
  }
  for (const [metric, value] of Object.entries(event.levels)) {
    const why = addPoint(table, { ...of, metric, value, kind: 'level', pid: null, comm: null });
    if (why !== null) return why;
  }
  return null;
};

const hostOf = ({ hosts, kernel }: Reader): Read['host'] => {
  const [most] = [...hosts].sort(([, a], [, b]) => b - a);
  return {
    ...(most === undefined ? {} : { hostname: most[0].slice(0, 256) }),
    ...(kernel === null ? {} : { kernel }),
  };
};
