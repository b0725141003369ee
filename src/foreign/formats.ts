/** What can be imported, in the order in which sources of the same are preferred; each is known by how it begins. */

import { createPrefixes } from './kernel-log/prefix.ts';
import { readKernelLog } from './kernel-log/read.ts';
import { type Chunks, readWhole } from './lines.ts';
import { readLongCsv } from './long-csv.ts';
import type { Unreadable } from './point-table.ts';
import { readSadf } from './sadf.ts';
import type { Asked, Format, Read } from './source.ts';

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
    read: whole((text, { zone }) => readSadf(text, zone)),
  },
  {
    id: 'kernel-log',
    what: 'the kernel log: dmesg, journalctl -k, syslog',
    family: 'log',
    isRecognised: (head) => isLog(head),
    read: readKernelLog,
  },
];

function whole(read: (text: string, asked: Asked) => Read | Unreadable) {
  return async (chunks: Chunks, asked: Asked): Promise<Read | Unreadable> => {
    const text = await readWhole(chunks);
    return text === null ? { where: 'its end', why: 'it is longer than 256 MiB' } : read(text, asked);
  };
}

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
