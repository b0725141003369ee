/** Free pages and watermarks of each memory zone: what decides whether kswapd wakes and who must reclaim. */
import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, labelOf } from './source.ts';

const LEVELS: Readonly<Record<string, string>> = {
  free: 'Free pages',
  min: 'Below this many free pages, allocations reclaim for themselves: the min watermark',
  low: 'Below this many free pages, kswapd wakes: the low watermark',
  high: 'At this many free pages, kswapd rests: the high watermark',
};

/** Nodes times zones; beyond it a machine has more zones than anybody looks at. */
const MAX_ZONES = 16;

/**
 * Zones without memory (managed 0) are left out, and so is a zone whose lines are not all there. Before Linux 3.9 nothing is
 * said of what is managed: what is present comes last of the levels.
 */
export const parseZoneinfo = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  let zone = '';
  let levels: Record<string, number> = {};
  let present = 0;
  const close = (pages: number): void => {
    if (pages > 0) for (const key of Object.keys(levels)) values[`${zone}.${key}`] = levels[key] ?? 0;
    zone = '';
  };
  for (const line of wholeLines(text)) {
    const [, level, pages] = /^ +(?:pages )?(free|min|low|high|present|managed) +(\d+)$/.exec(line) ?? [];
    if (zone !== '' && level === 'managed') close(Number(pages));
    else if (zone !== '' && present > 0) close(present);
    present = level === 'present' && zone !== '' ? Number(pages) : 0;
    const [, node, name] = /^Node (\d+), zone +(\S+)$/.exec(line) ?? [];
    if (node !== undefined) {
      zone = `zone.${node}.${name}`;
      levels = {};
    } else if (level !== undefined && level !== 'present' && level !== 'managed')
      levels[level] = Number(pages);
  }
  return values;
};

export const zoneinfo: HostSource = {
  path: '/proc/zoneinfo',
  parse: parseZoneinfo,
  describe: (first) => {
    const zones = [...new Set(Object.keys(first).map((id) => id.slice(0, id.lastIndexOf('.'))))];
    return zones
      .slice(0, MAX_ZONES)
      .flatMap((zone) => metricsOf(zone).filter(({ id }) => first[id] !== undefined));
  },
};

const metricsOf = (zone: string): readonly HostMetric[] => {
  const [, node = '', name = ''] = zone.split('.');
  return Object.entries(LEVELS).map(([level, what]) => ({
    id: `${zone}.${level}`,
    kind: 'gauge',
    unit: 'pages',
    label: labelOf(`${node}:${name}`, level),
    help: `${what}; zone ${name} of node ${node} in /proc/zoneinfo.`,
  }));
};
