/**
 * What `while sleep 1; do date; cat /proc/meminfo /proc/vmstat …; done` leaves: sections that begin with a line of date, in
 * each the files as the kernel printed them, read by the parsers that tracing uses. Pressure files do not say whose they are:
 * they are taken only under a line that names them, as `head` and `tail` print it.
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
import { addPoint, createPoints, leaveOut, type PointTable, type Unreadable } from './point-table.ts';
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
  /** The number of its first line. */
  at: number;
  lines: string[];
  readonly host: { memoryBytes?: number; cpus?: number };
  /** Of counters that are kept modulo 2³²: what they were, and what was lost at it. */
  readonly carried: Map<string, { last: number; lost: number }>;
};

/** A date, and soon after it a file of /proc. */
export const isProcLoop = (head: string): boolean => {
  const lines = head.split('\n');
  return (
    lines.slice(0, 5).some((line) => dateLineOf(line) !== null) &&
    /^(?:MemTotal:|nr_free_pages \d|cpu +\d+ \d+|Node \d+, zone|(?:some|full) avg10=| +\d+ +\d+ \w+ \d+ \d+ \d+)/m.test(
      head,
    )
  );
};

export const readProcLoop = async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
  const table = createPoints('line');
  const reader: Reader = {
    ...{ table, asked, realUs: null, lastUs: Number.NEGATIVE_INFINITY },
    ...{ at: 1, lines: [], host: {}, carried: new Map() },
  };
  const refused = await readLines(chunks, (line, number) => takeLine(reader, line, number));
  if (refused !== null) return refused;
  const why = endSection(reader);
  if (why !== null) return { where: `line ${reader.at}`, why };
  if (table.times.us.length === 0) return { where: 'its end', why: 'no file of /proc stands under a date' };
  return settle(table) ?? { table, host: reader.host };
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
