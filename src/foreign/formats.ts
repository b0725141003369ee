/** What can be imported, in the order in which sources of the same are preferred; each is known by how it begins. */

import { isAtopJson, isAtopText } from './atop/fields.ts';
import { readAtop, readAtopJson } from './atop/read.ts';
import { createPrefixes } from './kernel-log/prefix.ts';
import { readKernelLog } from './kernel-log/read.ts';
import { readLongCsv } from './long-csv.ts';
import { isProcLoop, readProcLoop } from './proc-loop.ts';
import type { Format } from './source.ts';
import { readIostat } from './sysstat/iostat.ts';
import { readSadf } from './sysstat/sadf-json.ts';
import { readSadfXml } from './sysstat/sadf-xml.ts';
import { FIRST_LINE, readSysstatText } from './sysstat/text.ts';
import { readVmstat, HEAD as VMSTAT_HEAD } from './sysstat/vmstat.ts';
import { isTop, readTop } from './top/read.ts';
import { isBelowCsv, isBelowJson, readBelowCsv, readBelowJson } from './wide/below.ts';
import { isCollectl, readCollectl } from './wide/collectl.ts';
import { isPcpCsv, readPcpCsv } from './wide/pcp.ts';

export const FORMATS: readonly Format[] = [
  {
    id: 'csv',
    what: 'a CSV of time, metric, value and more',
    family: 'readings',
    isRecognised: (head) => {
      const names = firstLine(head)
        .split(',')
        .map((name) => name.trim().toLowerCase());
      return ['time', 'metric', 'value'].every((name) => names.includes(name));
    },
    read: async (chunks, { zone }) => {
      const table = await readLongCsv(chunks, zone);
      return 'why' in table ? table : { table, host: {} };
    },
  },
  {
    id: 'sadf',
    what: 'sysstat as JSON (sadf -j)',
    family: 'readings',
    isRecognised: (head) => /^\s*\{\s*"sysstat"\s*:/.test(head),
    read: readSadf,
  },
  {
    id: 'sadf-xml',
    what: 'sysstat as XML (sadf -x)',
    family: 'readings',
    isRecognised: (head) => /^\ufeff?\s*<\?xml/.test(head) && /<sysstat[\s>]/.test(head),
    read: readSadfXml,
  },
  {
    id: 'sar',
    what: 'text of sar, mpstat or pidstat',
    family: 'readings',
    isRecognised: (head) => FIRST_LINE.test(firstLine(head)) && !/^(?:avg-cpu:|Device)/m.test(head),
    read: readSysstatText,
  },
  {
    id: 'iostat',
    what: 'text of iostat -t',
    family: 'readings',
    isRecognised: (head) => FIRST_LINE.test(firstLine(head)) && /^(?:avg-cpu:|Device)/m.test(head),
    read: readIostat,
  },
  {
    id: 'vmstat',
    what: 'text of vmstat -t',
    family: 'readings',
    isRecognised: (head) => VMSTAT_HEAD.test(firstLine(head)),
    read: readVmstat,
  },
  {
    id: 'pcp',
    what: 'PCP as CSV (pmrep -o csv)',
    family: 'readings',
    isRecognised: isPcpCsv,
    read: readPcpCsv,
  },
  {
    id: 'below',
    what: 'below as CSV (below dump … -O csv)',
    family: 'readings',
    isRecognised: isBelowCsv,
    read: readBelowCsv,
  },
  {
    id: 'below-json',
    what: 'below as JSON (below dump … -O json)',
    family: 'readings',
    isRecognised: isBelowJson,
    read: readBelowJson,
  },
  {
    id: 'collectl',
    what: 'collectl -P',
    family: 'readings',
    isRecognised: isCollectl,
    read: readCollectl,
  },
  {
    id: 'proc-loop',
    what: 'a loop of date and cat /proc/…',
    family: 'readings',
    isRecognised: isProcLoop,
    read: readProcLoop,
  },
  {
    id: 'atop',
    what: 'atop as text (atop -r FILE -P ALL)',
    family: 'readings',
    isRecognised: isAtopText,
    read: readAtop,
  },
  {
    id: 'atop-json',
    what: 'atop as JSON (atop -r FILE -J ALL)',
    family: 'readings',
    isRecognised: isAtopJson,
    read: readAtopJson,
  },
  {
    id: 'top',
    what: 'text of top -b',
    family: 'readings',
    isRecognised: isTop,
    read: readTop,
  },
  {
    id: 'kernel-log',
    what: 'the kernel log: dmesg, journalctl -k, syslog',
    family: 'log',
    isRecognised: (head) => isLog(head),
    read: readKernelLog,
  },
];

const firstLine = (head: string): string => /^\ufeff?([^\r\n]*)/.exec(head)?.[1] ?? '';

const LOG_LINES = 50;
const LEAST_SHARE = 0.5;

/** Most of its first lines have a time of a form that logs have. Its last line may be cut where the head ends. */
const isLog = (head: string): boolean => {
  const lines = head.split('\n').slice(0, LOG_LINES);
  if (lines.length > 1) lines.pop();
  const worth = lines.filter((line) => line.trim() !== '' && !line.startsWith('-- '));
  const prefixOf = createPrefixes();
  const timed = worth.filter((line) => prefixOf(line) !== null).length;
  return timed > 0 && timed >= worth.length * LEAST_SHARE;
};

/** `head` is the beginning of a source, as text. */
export const recognise = (head: string): Format | null =>
  FORMATS.find(({ isRecognised }) => isRecognised(head)) ?? null;
