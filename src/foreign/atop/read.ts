/**
 * What `atop -r FILE -P ALL` and `-J ALL` print of its own files, which no other program can read: per process and of the
 * host, what was counted in an interval and the levels at its end. A sample since boot gives its levels only. Of two
 * processes that had one PID in one interval the first is taken.
 */
import { type Chunks, readLines } from '../lines.ts';
import {
  addPoint,
  createPoints,
  isPid,
  leaveOut,
  type PointTable,
  setSpan,
  type Unreadable,
} from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Read } from '../source.ts';
import { type AtopLine, lineOf } from './fields.ts';
import { samplesOf } from './json.ts';
import { type Measured, OF_HOST, OF_PROCESS } from './measures.ts';

/** atop derives when a process began from the uptime: a second more or less is the same process. */
const SAME_START_US = 2_000_000;
const LONGEST_SPAN_S = 7 * 86_400;

type Reader = {
  readonly table: PointTable;
  hostname: string | null;
  host: { cpus?: number; memoryBytes?: number };
  /** The sample that is read; counters of one since boot are of no interval. */
  epochS: number;
  isSinceBoot: boolean;
  /** Label and PID, and labels of the host with what they name, that this sample has had. */
  readonly met: Set<string>;
  /** When who has a PID began, as it was first said. */
  readonly startsUs: Map<number, number>;
};

const begin = (): Reader => ({
  ...{ table: createPoints('line'), hostname: null, host: {}, epochS: 0, isSinceBoot: false },
  ...{ met: new Set<string>(), startsUs: new Map<number, number>() },
});

export const readAtop = async (chunks: Chunks): Promise<Read | Unreadable> => {
  const reader = begin();
  let isReset = false;
  const refused = await readLines(chunks, (text, number) => {
    if (text === 'RESET') isReset = true;
    if (text === 'RESET' || text === 'SEP' || text.trim() === '') return null;
    const line = lineOf(text);
    if (line === null) {
      leaveOut(reader.table, 'lines that atop -P does not write');
      return null;
    }
    if (line.epochS !== reader.epochS) {
      beginSample(reader, line.epochS, isReset);
      isReset = false;
    }
    return takeLine(reader, line, number);
  });
  return refused ?? ended(reader);
};

export const readAtopJson = async (chunks: Chunks): Promise<Read | Unreadable> => {
  const reader = begin();
  const refused = await readLines(chunks, (text, number) => {
    if (text.trim() === '') return null;
    const lines = samplesOf(text);
    if (lines === null) return 'it is no sample of atop -J';
    if (number === 1)
      leaveOut(reader.table, 'first samples, which may be since boot, without what they count');
    for (const line of lines) {
      // Nothing in it says which one is since boot: the first of a file is.
      if (line.epochS !== reader.epochS) beginSample(reader, line.epochS, number === 1);
      const why = takeLine(reader, line, number);
      if (why !== null) return why;
    }
    return null;
  });
  return refused ?? ended(reader);
};

const ended = ({ table, hostname, host }: Reader): Read | Unreadable => {
  if (table.times.us.length === 0) return { where: 'its end', why: 'it has no sample with anything in it' };
  return settle(table) ?? { table, host: { ...host, ...(hostname === null ? {} : { hostname }) } };
};

const beginSample = (reader: Reader, epochS: number, isSinceBoot: boolean): void => {
  reader.met.clear();
  if (epochS < reader.epochS)
    reader.table.notes.add('its clock was set back: samples are in the order of their times');
  Object.assign(reader, { epochS, isSinceBoot });
};

const takeLine = (reader: Reader, line: AtopLine, place: number): string | null => {
  if (reader.hostname !== null && reader.hostname !== line.host)
    return `it is of another host than above: ${line.host}`;
  reader.hostname = line.host;
  return line.process === null
    ? takeHost(reader, line, place)
    : takeProcess(reader, line, line.process, place);
};

const takeHost = (reader: Reader, line: AtopLine, place: number): string | null => {
  const { label, fields } = line;
  const measured = OF_HOST[label]?.(fields, Number(fields.pagesize ?? 1) || 1) ?? [];
  if (label === 'CPU') reader.host.cpus = Math.trunc(Number(fields.nrcpu)) || 0;
  const total = measured.find(({ metric }) => metric === 'mem.total');
  if (total !== undefined) reader.host.memoryBytes = total.value * 1024;
  if (measured.length === 0 || isSecond(reader, `${label} ${fields.dskname ?? ''}`)) return null;
  return add(reader, line, measured, { pid: null, startUs: null, comm: null, place });
};

const takeProcess = (
  reader: Reader,
  line: AtopLine,
  { pid, name, state }: NonNullable<AtopLine['process']>,
  place: number,
): string | null => {
  const { table, startsUs } = reader;
  const { label, fields } = line;
  if (/^(?:n|0)$/.test(fields.isproc ?? '') || (fields.tgid !== undefined && Number(fields.tgid) !== pid)) {
    leaveOut(table, 'rows of single threads');
    return null;
  }
  if (!isPid(pid) || pid === 0) {
    leaveOut(table, 'processes that ended between two samples and whose PID atop does not know');
    return null;
  }
  if (isSecond(reader, `${label} ${pid}`)) return null;
  if (label === 'PRG') noteStart(startsUs, pid, Number(fields.btime) * 1e6);
  const waits: Measured = { metric: 'proc.d_state', value: state === 'D' ? 1 : 0, kind: 'gauge' };
  const measured = label === 'PRG' ? [waits] : (OF_PROCESS[label]?.(fields, 1) ?? []);
  return add(reader, line, measured, { pid, startUs: startsUs.get(pid) ?? null, comm: name, place });
};

const isSecond = ({ met, table }: Reader, key: string): boolean => {
  if (met.has(key)) {
    leaveOut(table, 'lines of what the sample had already');
    return true;
  }
  met.add(key);
  return false;
};

const noteStart = (startsUs: Map<number, number>, pid: number, startUs: number): void => {
  const known = startsUs.get(pid);
  if (!(startUs > 0) || (known !== undefined && Math.abs(known - startUs) <= SAME_START_US)) return;
  startsUs.set(pid, startUs);
};

const add = (
  { table, isSinceBoot }: Reader,
  { epochS, spanS }: AtopLine,
  measured: readonly Measured[],
  who: {
    readonly pid: number | null;
    readonly startUs: number | null;
    readonly comm: string | null;
    readonly place: number;
  },
): string | null => {
  const realUs = epochS * 1e6;
  for (const { metric, value, kind } of measured) {
    if (isSinceBoot && kind === 'delta') continue;
    const why = addPoint(table, { realUs, metric, value, kind, ...who });
    if (why !== null) return why;
    if (!isSinceBoot && spanS > 0 && spanS <= LONGEST_SPAN_S) setSpan(table, realUs, spanS * 1e6);
  }
  return null;
};
