/** What is followed of a control group with a limit. */
import type { MetricDescriptor } from '../../core/metric.ts';

type Row = readonly [
  name: string,
  kind: MetricDescriptor['kind'],
  unit: MetricDescriptor['unit'],
  label: string,
  help: string,
];

const ROWS: readonly Row[] = [
  [
    'cpu_quota',
    'gauge',
    'percent',
    'CPU quota',
    'CPU time it may use, in percent of one CPU (cpu.max, cpu.cfs_quota_us)',
  ],
  ['cpu_us', 'counter', 'us', 'cgroup CPU', 'CPU time its processes used (cpu.stat, cpuacct.usage)'],
  [
    'periods',
    'counter',
    'count',
    'periods',
    'Periods of its quota in which it wanted to run (nr_periods of cpu.stat)',
  ],
  [
    'throttled_periods',
    'counter',
    'count',
    'throttled',
    'Of them, those in which it used up its quota (nr_throttled of cpu.stat)',
  ],
  [
    'throttled_us',
    'counter',
    'us',
    'throttled time',
    'Time it was held back, summed over the CPUs (throttled_usec, throttled_time of cpu.stat)',
  ],
  [
    'cpu_some_us',
    'counter',
    'us',
    'group CPU some',
    'Time in which at least one of its tasks waited for a CPU, its quota included (cpu.pressure)',
  ],
  [
    'memory_max',
    'gauge',
    'bytes',
    'memory max',
    'Memory it may hold; beyond it reclaims, or is killed (memory.max, memory.limit_in_bytes)',
  ],
  [
    'memory_high',
    'gauge',
    'bytes',
    'memory high',
    'Memory beyond which it reclaims and is slowed down (memory.high)',
  ],
  ['memory_limit', 'gauge', 'bytes', 'memory limit', 'Memory at which it reclaims: the lower of the two'],
  [
    'memory',
    'gauge',
    'bytes',
    'cgroup memory',
    'Memory it holds, its page cache included (memory.current, memory.usage_in_bytes)',
  ],
  ['anon', 'gauge', 'bytes', 'cgroup anon', 'Of it, what has no file behind it (memory.stat)'],
  ['file', 'gauge', 'bytes', 'cgroup cache', 'Of it, page cache (memory.stat)'],
  [
    'limit_max',
    'counter',
    'count',
    'at memory max',
    'Times it was at its limit and had to reclaim first (max of memory.events, memory.failcnt)',
  ],
  [
    'limit_high',
    'counter',
    'count',
    'at memory high',
    'Times it was beyond memory.high and had to reclaim (high of memory.events)',
  ],
  ['oom', 'counter', 'count', 'cgroup OOM', 'Times its memory ran out (oom of memory.events)'],
  [
    'oom_kills',
    'counter',
    'count',
    'OOM kills',
    'Processes of it that were killed because memory ran out, its own or that of the host (oom_kill of memory.events, memory.oom_control)',
  ],
  [
    'refaults',
    'counter',
    'pages',
    'refaults',
    'Pages it read back soon after they were evicted (workingset_refault* of memory.stat)',
  ],
  [
    'major_faults',
    'counter',
    'count',
    'major faults',
    'Page faults of it that had to read from a device (pgmajfault of memory.stat)',
  ],
  [
    'memory_some_us',
    'counter',
    'us',
    'memory some',
    'Time in which at least one of its tasks waited for memory (memory.pressure)',
  ],
  [
    'memory_full_us',
    'counter',
    'us',
    'memory full',
    'Time in which all of its tasks that had work waited for memory (memory.pressure)',
  ],
  ['io_limits', 'gauge', 'count', 'I/O limits', 'Devices on which its I/O is limited (io.max of version 2)'],
  [
    'io_some_us',
    'counter',
    'us',
    'I/O some',
    'Time in which at least one of its tasks waited for I/O (io.pressure)',
  ],
  [
    'io_full_us',
    'counter',
    'us',
    'I/O full',
    'Time in which all of its tasks that had work waited for I/O (io.pressure)',
  ],
];

export const CGROUP_METRICS: readonly MetricDescriptor[] = ROWS.map(([name, kind, unit, label, help]) => ({
  id: `cgroup.${name}`,
  probe: 'host',
  scope: 'cgroup',
  kind,
  unit,
  label,
  help: `${help}; of control groups that have a limit.`,
}));

/** Those that only a group with such a limit has. */
export const OF_CPU: readonly string[] = [
  'cpu_quota',
  'cpu_us',
  'periods',
  'throttled_periods',
  'throttled_us',
].map((name) => `cgroup.${name}`);

/** Those of any group with a limit. */
export const OF_PRESSURE: readonly string[] = [
  'cpu_some_us',
  'memory_some_us',
  'memory_full_us',
  'io_some_us',
  'io_full_us',
].map((name) => `cgroup.${name}`);
