/**
 * Free blocks of the page allocator by zone and order. Plenty of free memory with nothing left in the higher orders
 * is fragmentation: large contiguous requests fail on a machine that looks healthy.
 */
import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, labelOf } from './source.ts';

/** As in zoneinfo. */
const MAX_ZONES = 16;

export const parseBuddyinfo = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [, node, zone, counts] = /^Node (\d+), zone +(\S+) +([\d ]+)$/.exec(line) ?? [];
    if (counts === undefined) continue;
    counts
      .trim()
      .split(/ +/)
      .forEach((blocks, order) => {
        values[`buddy.${node}.${zone}.${order}`] = Number(blocks);
      });
  }
  return values;
};

export const buddyinfo: HostSource = {
  path: '/proc/buddyinfo',
  parse: parseBuddyinfo,
  describe: (first) => {
    const ids = Object.keys(first);
    const zones = new Set([...new Set(ids.map(zoneOf))].slice(0, MAX_ZONES));
    return ids.filter((id) => zones.has(zoneOf(id))).map(metricOf);
  },
};

const zoneOf = (id: string): string => id.slice(0, id.lastIndexOf('.'));

const metricOf = (id: string): HostMetric => {
  const [, node = '', zone = '', order = ''] = id.split('.');
  return {
    id,
    kind: 'gauge',
    unit: 'count',
    label: labelOf(`${node}:${zone}`, order),
    help: `Free blocks of 2^${order} pages in zone ${zone} of node ${node} (/proc/buddyinfo).`,
  };
};
