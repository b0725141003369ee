/**
 * Counters of the memory manager. Some were one number once and are several today (allocstall by zone since 4.10,
 * workingset_refault by kind of memory since 5.9): those are summed, so that a metric means the same everywhere.
 */
import type { MetricUnit } from '../../core/metric.ts';
import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, presentIn } from './source.ts';

type Row = {
  readonly id: string;
  readonly unit: MetricUnit;
  readonly label: string;
  readonly what: string;
  readonly lane?: true;
  /** Parts that are summed, beside the field of the metric's own name. */
  readonly parts?: string;
};

const TABLE: readonly Row[] = [
  {
    id: 'vm.pgscan_kswapd',
    unit: 'pages',
    label: 'kswapd scan',
    what: 'Pages kswapd looked at for reclaim',
    lane: true,
  },
  { id: 'vm.pgsteal_kswapd', unit: 'pages', label: 'kswapd steal', what: 'Pages kswapd reclaimed' },
  {
    id: 'vm.pgscan_direct',
    unit: 'pages',
    label: 'direct scan',
    what: 'Pages allocating tasks themselves looked at',
  },
  {
    id: 'vm.pgsteal_direct',
    unit: 'pages',
    label: 'direct steal',
    what: 'Pages allocating tasks themselves reclaimed',
  },
  {
    id: 'vm.allocstall',
    unit: 'count',
    label: 'direct reclaim',
    what: 'Allocations that had to reclaim first',
    parts: 'allocstall_',
  },
  {
    id: 'vm.pageoutrun',
    unit: 'count',
    label: 'kswapd runs',
    what: 'Times kswapd set out to balance a node',
  },
  {
    id: 'vm.kswapd_low_wmark_hit_quickly',
    unit: 'count',
    label: 'kswapd back lo',
    what: 'kswapd woken at once after it slept: low watermark',
  },
  {
    id: 'vm.kswapd_high_wmark_hit_quickly',
    unit: 'count',
    label: 'kswapd back hi',
    what: 'kswapd woken at once after it slept: high watermark',
  },
  {
    id: 'vm.workingset_refault',
    unit: 'pages',
    label: 'refaults',
    what: 'Pages read back soon after they were evicted',
    parts: 'workingset_refault_',
  },
  { id: 'vm.pgfault', unit: 'count', label: 'page faults', what: 'Page faults of any kind' },
  {
    id: 'vm.pgmajfault',
    unit: 'count',
    label: 'major faults',
    what: 'Page faults that had to read from a device',
    lane: true,
  },
  { id: 'vm.pgpgin', unit: 'KiB', label: 'paged in', what: 'Data read from block devices' },
  { id: 'vm.pgpgout', unit: 'KiB', label: 'paged out', what: 'Data written to block devices' },
  { id: 'vm.pswpin', unit: 'pages', label: 'swap in', what: 'Pages read back from swap' },
  { id: 'vm.pswpout', unit: 'pages', label: 'swap out', what: 'Pages written to swap' },
  {
    id: 'vm.compact_stall',
    unit: 'count',
    label: 'compact stall',
    what: 'Allocations that had to compact memory first',
  },
  {
    id: 'vm.compact_fail',
    unit: 'count',
    label: 'compact fail',
    what: 'Direct compactions that did not help',
  },
  { id: 'vm.oom_kill', unit: 'count', label: 'OOM kills', what: 'Processes killed because memory ran out' },
  {
    id: 'vm.drop_pagecache',
    unit: 'count',
    label: 'drop cache',
    what: 'Times the page cache was dropped by hand',
  },
  {
    id: 'vm.drop_slab',
    unit: 'count',
    label: 'drop slab',
    what: 'Times the slab caches were dropped by hand',
  },
];

const METRICS: readonly HostMetric[] = TABLE.map(({ id, unit, label, what, lane, parts }) => ({
  id,
  kind: 'counter',
  unit,
  label,
  help: `${what}: ${id.slice(3)}${parts === undefined ? '' : ` or the sum of ${parts}*`} of /proc/vmstat.`,
  lane,
}));

const IDS: ReadonlySet<string> = new Set(TABLE.map(({ id }) => id));
const SUMS = TABLE.flatMap(({ id, parts }) => (parts === undefined ? [] : [{ id, parts }]));

export const parseVmstat = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [, field, digits] = /^(\w+) (\d+)$/.exec(line) ?? [];
    if (field === undefined) continue;
    const id = IDS.has(`vm.${field}`) ? `vm.${field}` : SUMS.find(({ parts }) => field.startsWith(parts))?.id;
    if (id !== undefined) values[id] = (values[id] ?? 0) + Number(digits);
  }
  return values;
};

export const vmstat: HostSource = {
  path: '/proc/vmstat',
  parse: parseVmstat,
  describe: presentIn(METRICS),
};
