/** What `sadf -j FILE -- -A` prints: sysstat's history as JSON. */
import type { ForeignHost } from '../foreign-recording.ts';
import type { Chunks } from '../lines.ts';
import { createPoints, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Asked, Read } from '../source.ts';
import type { Zone } from '../zone.ts';
import { at, type Json } from './json.ts';
import { readEntries } from './json-entries.ts';
import { createSadfClock } from './sadf-clock.ts';
import { markEntry, takeEntry } from './sadf-entry.ts';

/** An entry at a time is held. */
export const readSadf = async (chunks: Chunks, { zone }: Pick<Asked, 'zone'>): Promise<Read | Unreadable> => {
  const table = createPoints('entry');
  const clock = createSadfClock(zone, table.notes);
  const read = await readEntries(chunks, (entry, number) => takeEntry(table, clock, entry, number));
  if ('why' in read) return { where: read.number === 0 ? 'line 1' : `entry ${read.number}`, why: read.why };
  const hosts = at(at(read.rest, 'sysstat'), 'hosts');
  const found = at(hosts, '0');
  if (!Array.isArray(at(found, 'statistics')))
    return { where: 'line 1', why: 'it has no sysstat.hosts[0].statistics' };
  if (Array.isArray(hosts) && hosts.length > 1)
    leaveOut(table, 'hosts after the first; import one host at a time', hosts.length - 1);
  markAll(table, found, zone);
  if (table.times.us.length === 0) return { where: 'line 1', why: 'it has no statistics with a time' };
  return settle(table) ?? { table, host: hostOf(found) };
};

const markAll = (table: PointTable, host: Json, zone: Zone | null): void => {
  for (const [list, key] of [
    ['restarts', 'boot'],
    ['comments', 'comment'],
  ] as const) {
    const all = at(host, list);
    if (!Array.isArray(all)) continue;
    for (const one of all as readonly Json[]) {
      const entry = at(one, key) ?? one;
      const words = at(entry, 'com');
      markEntry(table, entry, zone, typeof words === 'string' ? `comment: ${words}` : 'restart');
    }
  }
};

export const hostOf = (host: Json): ForeignHost => {
  const text = (key: string): string => String(at(host, key) ?? 'unknown').slice(0, 256);
  return {
    hostname: text('nodename'),
    kernel: text('release'),
    arch: text('machine'),
    cpus: Math.max(0, Math.trunc(Number(at(host, 'number-of-cpus')) || 0)),
  };
};
