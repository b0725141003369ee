/** What `sadf -j FILE -- -A` prints: sysstat's history as JSON. */
import type { ForeignHost } from '../foreign-recording.ts';
import { createPoints, leaveOut, type PointTable, type Unreadable } from '../point-table.ts';
import { settle } from '../settle.ts';
import type { Zone } from '../zone.ts';
import { at, type Json } from './json.ts';
import { createSadfClock } from './sadf-clock.ts';
import { markEntry, takeEntry } from './sadf-entry.ts';

/** `zone` is what times are in that name none. */
export const readSadf = (
  text: string,
  zone: Zone | null,
): { readonly table: PointTable; readonly host: ForeignHost } | Unreadable => {
  let file: Json;
  try {
    file = JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return { where: 'line 1', why: `it is not JSON: ${error.message}` };
    throw error;
  }
  const hosts = at(at(file, 'sysstat'), 'hosts');
  const found = at(hosts, '0');
  const statistics = at(found, 'statistics');
  if (!Array.isArray(statistics)) return { where: 'line 1', why: 'it has no sysstat.hosts[0].statistics' };
  const table = createPoints('entry');
  if (Array.isArray(hosts) && hosts.length > 1)
    leaveOut(table, 'hosts after the first; import one host at a time', hosts.length - 1);
  const clock = createSadfClock(zone, table.notes);
  for (const [index, entry] of (statistics as readonly Json[]).entries()) {
    const why = takeEntry(table, clock, entry, index + 1);
    if (why !== null) return { where: `entry ${index + 1}`, why };
  }
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
