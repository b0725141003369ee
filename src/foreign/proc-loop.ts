/**
 * What `while sleep 1; do date; cat /proc/meminfo /proc/vmstat …; done` leaves: sections that begin with a line of date, in
 * each the files as the kernel printed them, read by the parsers that tracing uses. Pressure files do not say whose they are:
 * they are taken only under a line that names them, as `head` and `tail` print it. Files without any date are of when theirs was
 * written, as those of a support report are.
 */
import type { MetricKind } from '../core/metric.ts';
import { buddyinfo } from '../host/proc/buddyinfo.ts';
import { parseDiskstats } from '../host/proc/diskstats.ts';
import { parseLoadavg } from '../host/proc/loadavg.ts';
import { meminfo } from '../host/proc/meminfo.ts';
import { parsePressure } from '../host/proc/pressure.ts';
import type { HostMetric } from '../host/proc/source.ts';
import { stat } from '../host/proc/stat.ts';
import { vmstat } from '../host/proc/vmstat.ts';
import { zoneinfo } from '../host/proc/zoneinfo.ts';
import { dateLineOf } from './date-line.ts';
import { type Chunks, readLines } from './lines.ts';
import {
  addPoint,
  columnKey,
  createPoints,
  leaveOut,
  type PointTable,
  type Unreadable,
} from './point-table.ts';
import { bootOf, type Dumped, processesOf, STAT, slabsOf } from './proc-dump.ts';
import { settle } from './settle.ts';
import type { Asked, Read } from './source.ts';
import { UTC } from './zone.ts';

const DESCRIBED = [stat, meminfo, vmstat, zoneinfo, buddyinfo];
const RESOURCES = ['cpu', 'io', 'memory'] as const;
/** `==> /proc/pressure/io <==` */
const NAMED_FILE = /^==> (\S+) <==$/;
const PRESSURE = /^(?:some|full) avg10=/;
const MOST_SECTION_LINES = 200_000;
const WRAP = 2 ** 32;

type Reader = {
  readonly table: PointTable;
  readonly asked: Asked;
  realUs: number | null;
  lastUs: number;
  /** Whether a date was met. */
  isDated: boolean;
  bootUs: number | null;
  /** The number of its first line. */
  at: number;
  lines: string[];
  readonly host: { memoryBytes?: number; cpus?: number };
  /** Of counters that are kept modulo 2³²: what they were, and what was lost at it. */
  readonly carried: Map<string, { last: number; lost: number }>;
};

const FILE =
  /^(?:MemTotal:|nr_free_pages \d|cpu +\d+ \d+|Node \d+, zone|(?:some|full) avg10=| +\d+ +\d+ \w+ \d+ \d+ \d+|slabinfo - version)/;
/** What each file has one line of. */
const ONCE = [/^MemTotal:/, /^nr_free_pages \d/, /^cpu +\d/];
const HEAD_LINES = 5;

/** A date, and soon after it a file of /proc; or such a file from its first lines on. */
export const isProcLoop = (head: string): boolean => {
  const lines = head.split('\n');
  const isFile = (line: string): boolean => FILE.test(line) || STAT.test(line);
  const first = lines.slice(0, HEAD_LINES);
  return first.some(isFile) || (first.some((line) => dateLineOf(line) !== null) && lines.some(isFile));
};

export const readProcLoop = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, asked, realUs: null, lastUs: Number.NEGATIVE_INFINITY },
    ...{ isDated: false, bootUs: null, at: 1, lines: [], host: {}, carried: new Map() },
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  if (reader.isDated || reader.lines.length === 0) {
    const why = endSection(reader);
    if (why !== null) return { where: `line ${reader.at}`, why };
  } else {
    const why = endUndated(reader);
    if (why !== null) return { where: 'its beginning', why };
  }
  if (table.times.us.length === 0) return { where: 'its end', why: 'no file of /proc stands under a date' };
  return settle(table) ?? { table, host: reader.host };
};

/** Files alone are of when they were written. */
const endUndated = (reader: Reader): string | null => {
  const { endedMs = null } = reader.asked;
  if (endedMs === null)
    return 'nothing here says when it was: put a line with the date above it, such as 2026-11-30T12:00:00Z';
  reader.table.notes.add(
    'files of /proc without a date were taken to be of when their file was last written',
  );
  reader.realUs = Math.round(endedMs * 1000);
  return endSection(reader);
};

const takeLine = (reader: Reader, line: string, number: number): string | null => {
  const date = dateLineOf(line);
  if (date === null) {
    if (reader.lines.length >= MOST_SECTION_LINES)
      return `more than ${MOST_SECTION_LINES} lines stand under one date`;
    reader.lines.push(line);
    return null;
  }
  const why = endSection(reader);
  if (why !== null) return why;
  reader.isDated = true;
  Object.assign(reader, { at: number, realUs: null });
  if ('abbreviation' in date && reader.asked.zone === null)
    return `its times are in "${date.abbreviation}", which names no one zone: give --timezone (for example +02:00 or Europe/Berlin)`;
  const zone = 'zone' in date ? (date.zone ?? reader.asked.zone) : reader.asked.zone;
  if ('realUs' in date) reader.realUs = date.realUs;
  else {
    if (zone === null)
      reader.table.notes.add('times are local and name no zone: read as UTC (--timezone for another)');
    reader.realUs = (zone ?? UTC).instants(date.localUs).find((us) => us > reader.lastUs) ?? null;
  }
  if (reader.realUs === null || reader.realUs <= reader.lastUs) {
    reader.realUs = null;
    leaveOut(reader.table, 'sections at a time that the clock had shown before');
  } else reader.lastUs = reader.realUs;
  return null;
};

const endSection = (reader: Reader): string | null => {
  const { realUs, table, lines } = reader;
  reader.lines = [];
  const twice = ONCE.find((once) => lines.filter((line) => once.test(line)).length > 1);
  if (twice !== undefined) {
    if (!reader.isDated)
      return 'a file of /proc stands in it twice, and no line between says when: it is no date that is known';
    leaveOut(table, 'files of /proc that stood twice under one date');
  }
  if (realUs === null) return null;
  const text = `${lines.join('\n')}\n`;
  noteHost(reader, text);
  for (const { id, kind, wraps32, value } of [
    ...described(text),
    ...others(text),
    ...pressures(table, lines),
  ]) {
    const why = addPoint(table, {
      ...{ realUs, metric: id, pid: null, comm: null, place: reader.at },
      value: wraps32 ? carry(reader, id, value) : value,
      kind: kind === 'counter' ? 'total' : 'gauge',
    });
    if (why !== null) return why;
  }
  reader.bootUs = bootOf(text) ?? reader.bootUs;
  return addDumped(reader, [...slabsOf(lines), ...processesOf(lines, reader.bootUs)], realUs);
};

const addDumped = ({ table, at }: Reader, dumped: readonly Dumped[], realUs: number): string | null => {
  const met = new Set<string>();
  for (const one of dumped) {
    const key = columnKey(one.metric, one.pid);
    if (met.has(key)) {
      leaveOut(table, 'lines that stood twice under one date');
      continue;
    }
    met.add(key);
    if (one.metric === 'proc.rss_bytes') table.notes.add('pages in stat of processes were read as 4 KiB');
    const why = addPoint(table, { ...one, realUs, place: at });
    if (why !== null) return why;
  }
  return null;
};

type Valued = {
  readonly id: string;
  readonly kind: MetricKind;
  readonly wraps32: boolean;
  readonly value: number;
};

const described = (text: string): Valued[] =>
  DESCRIBED.flatMap(({ parse, describe }) => {
    const values = parse(text);
    return describe(values).map(
      ({ id, kind, wraps32 }: HostMetric): Valued => ({
        id,
        kind,
        wraps32: wraps32 !== undefined,
        value: values[id] ?? 0,
      }),
    );
  });

const others = (text: string): Valued[] => {
  const load = /^\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+$/m.exec(text)?.[0] ?? '';
  return [
    ...Object.entries(parseLoadavg(`${load}\n`)).map(
      ([id, value]): Valued => ({ id, value, kind: 'gauge', wraps32: false }),
    ),
    ...Object.entries(parseDiskstats(text)).map(
      ([id, value]): Valued => ({
        id,
        value,
        kind: id.endsWith('.in_flight') ? 'gauge' : 'counter',
        wraps32: true,
      }),
    ),
  ];
};

const pressures = (table: PointTable, lines: readonly string[]): Valued[] => {
  let resource: string | null = null;
  const found: Valued[] = [];
  for (const line of lines) {
    const path = NAMED_FILE.exec(line)?.[1];
    if (path !== undefined) resource = RESOURCES.find((one) => path.endsWith(`/pressure/${one}`)) ?? null;
    if (!PRESSURE.test(line)) continue;
    const known = RESOURCES.find((one) => one === resource);
    if (known === undefined) leaveOut(table, 'lines of pressure of which nothing says whose they are');
    else
      for (const [id, value] of Object.entries(parsePressure(known, `${line}\n`)))
        found.push({ id, value, kind: 'counter', wraps32: false });
  }
  return found;
};

const noteHost = ({ host }: Reader, text: string): void => {
  const memory = /^MemTotal: +(\d{1,15}) kB$/m.exec(text)?.[1];
  if (memory !== undefined) host.memoryBytes = Number(memory) * 1024;
  const cpus = text.match(/^cpu\d+ /gm)?.length;
  if (cpus !== undefined) host.cpus = cpus;
};

/** A fall of more than half of 32 bits is a wrap; another is a reset. */
const carry = ({ carried }: Reader, id: string, value: number): number => {
  const known = carried.get(id) ?? { last: value, lost: 0 };
  if (known.last < WRAP && known.last - value > WRAP / 2) known.lost += WRAP;
  known.last = value;
  carried.set(id, known);
  return value + known.lost;
};
