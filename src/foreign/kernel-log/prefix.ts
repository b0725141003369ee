/**
 * What stands before a kernel message, in the forms in which logs are kept: the ring (`dmesg`, also with -x, -T, iso times),
 * syslog files with and without a year, and what journalctl prints (short, short-iso, short-full, short-unix,
 * short-monotonic, json). Lines of other programs have a time too, and no message.
 */
import { readStamp } from '../stamp.ts';
import { type Zone, zoneOf } from '../zone.ts';

export type LogTime =
  | { readonly kind: 'instant'; readonly realUs: number }
  /** Since boot. */
  | { readonly kind: 'boot'; readonly bootUs: number }
  /** On a wall clock, as if it were UTC; `zone` where the line names one. */
  | { readonly kind: 'local'; readonly localUs: number; readonly zone: Zone | null }
  /** The same without its year. */
  | { readonly kind: 'yearless'; readonly month: number; readonly day: number; readonly ofDayUs: number };

export type LogLine = {
  readonly time: LogTime;
  /** Since boot, where a line with another time has that too. */
  readonly bootUs: number | null;
  readonly host: string | null;
  /** null of other programs. */
  readonly message: string | null;
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LEVEL = String.raw`(?:<\d+>|\w+\s*:\w+\s*: )?`;
const CLOCK = String.raw`(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?`;

const RING = new RegExp(String.raw`^${LEVEL}\[\s*(\d+)\.(\d{6})\](?:\[[^\]]{0,40}\])? ?(.*)$`);
const CTIME = new RegExp(String.raw`^${LEVEL}\[\w{3} (\w{3}) ([ \d]\d) ${CLOCK} (\d{4})\] ?(.*)$`);
const YEARLESS = new RegExp(String.raw`^(?:<\d+>)?(\w{3}) ([ \d]\d) ${CLOCK} (\S+) (.*)$`);
const RING_ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{1,9}(?:Z|[+-]\d\d:?\d\d)?) (.*)$/;
const ISO = /^(?:<\d+>)?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) (\S+) (.*)$/;
const FULL = /^\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?) (\S+) (\S+) (.*)$/;
const UNIX = /^(\d{9,10}\.\d{6}) (\S+) (.*)$/;

const TAGGED = /^kernel: ?(?:\[\s*(\d+)\.(\d{6})\](?:\[[^\]]{0,40}\])? ?)?(.*)$/;
/** Of `short-monotonic`: the ring's time, then whose log it is. */
const HOST_TAGGED = /^(\S+) kernel: (.*)$/;

const FORMS: readonly ((line: string) => LogLine | null)[] = [
  (line) => {
    const [, seconds, micros, message = ''] = RING.exec(line) ?? [];
    if (seconds === undefined) return null;
    const bootUs = Number(seconds) * 1e6 + Number(micros);
    const [, host = null, tagged] = HOST_TAGGED.exec(message) ?? [];
    return { time: { kind: 'boot', bootUs }, bootUs, host, message: tagged ?? message };
  },
  (line) => {
    const [, month, day, hour, minute, second, fraction, year, message = ''] = CTIME.exec(line) ?? [];
    const date = dateOf(month, day, [hour, minute, second, fraction]);
    if (date === null) return null;
    const localUs = Date.UTC(Number(year), date.month - 1, date.day) * 1000 + date.ofDayUs;
    return { time: { kind: 'local', localUs, zone: null }, bootUs: null, host: null, message };
  },
  (line) => {
    const [, month, day, hour, minute, second, fraction, host = '', rest = ''] = YEARLESS.exec(line) ?? [];
    const date = dateOf(month, day, [hour, minute, second, fraction]);
    return date === null ? null : tagged({ kind: 'yearless', ...date }, host, rest);
  },
  (line) => {
    const [, stamp, message = ''] = RING_ISO.exec(line) ?? [];
    const time = stamp === undefined ? null : timeOf(stamp, null);
    return time === null ? null : { time, bootUs: null, host: null, message };
  },
  (line) => {
    const [, stamp, host = '', rest = ''] = ISO.exec(line) ?? [];
    const time = stamp === undefined ? null : timeOf(stamp, null);
    return time === null ? null : tagged(time, host, rest);
  },
  (line) => {
    const [, stamp, zone = '', host = '', rest = ''] = FULL.exec(line) ?? [];
    const time = stamp === undefined ? null : timeOf(stamp, zoneOf(zone));
    return time === null ? null : tagged(time, host, rest);
  },
  (line) => {
    const [, stamp, host = '', rest = ''] = UNIX.exec(line) ?? [];
    const time = stamp === undefined ? null : timeOf(stamp, null);
    return time === null ? null : tagged(time, host, rest);
  },
  (line) => (line.startsWith('{') ? journalOf(line) : null),
];

/** Of the form that the line before had, or another; null when it has none. */
export const createPrefixes = (): ((line: string) => LogLine | null) => {
  let usual = 0;
  return (line) => {
    const read = FORMS[usual]?.(line) ?? null;
    if (read !== null) return read;
    for (const [index, form] of FORMS.entries()) {
      const other = index === usual ? null : form(line);
      if (other === null) continue;
      usual = index;
      return other;
    }
    return null;
  };
};

const tagged = (time: LogTime, host: string, rest: string): LogLine => {
  const [, seconds, micros, message] = TAGGED.exec(rest) ?? [];
  const bootUs = seconds === undefined ? null : Number(seconds) * 1e6 + Number(micros);
  return { time, bootUs, host, message: message ?? null };
};

const timeOf = (stamp: string, zone: Zone | null): LogTime | null => {
  const read = readStamp(stamp);
  if (read === null) return null;
  return read.kind === 'instant'
    ? { kind: 'instant', realUs: read.realUs }
    : { kind: 'local', localUs: read.localUs, zone };
};

const dateOf = (
  name: string | undefined,
  day: string | undefined,
  [hour, minute, second, fraction = '0']: readonly (string | undefined)[],
): { readonly month: number; readonly day: number; readonly ofDayUs: number } | null => {
  const month = MONTHS.indexOf(name ?? '') + 1;
  const [days, hours, minutes, seconds] = [day, hour, minute, second].map(Number);
  if (month === 0 || !days || days > 31 || !(Number(hours) < 24) || !(Number(minutes) < 60)) return null;
  if (!(Number(seconds) <= 60)) return null;
  const ofDayS = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { month, day: days, ofDayUs: ofDayS * 1e6 + Math.round(Number(`0.${fraction}`) * 1e6) };
};

const journalOf = (line: string): LogLine | null => {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return null;
  }
  const realUs = Number(entry.__REALTIME_TIMESTAMP);
  if (!(realUs > 0 && realUs < Number.MAX_SAFE_INTEGER)) return null;
  const isKernel = entry._TRANSPORT === 'kernel' || entry.SYSLOG_IDENTIFIER === 'kernel';
  const monotonic = Number(entry._SOURCE_MONOTONIC_TIMESTAMP ?? entry.__MONOTONIC_TIMESTAMP);
  return {
    time: { kind: 'instant', realUs },
    bootUs: monotonic >= 0 ? monotonic : null,
    host: typeof entry._HOSTNAME === 'string' ? entry._HOSTNAME : null,
    message: isKernel ? messageOf(entry.MESSAGE) : null,
  };
};

/** journalctl writes what is no UTF-8 as its bytes. */
const messageOf = (message: unknown): string | null => {
  if (typeof message === 'string') return message;
  if (!Array.isArray(message) || message.length > 65_536) return null;
  return Buffer.from(message.map((byte) => Number(byte) & 255)).toString('utf8');
};
