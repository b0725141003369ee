/** What the files of a control group say, of either version: each is a table and a pure parser. */
import { wholeLines } from '../files.ts';
import { pressureTotals } from '../proc/pressure.ts';
import type { Controller } from './hierarchy.ts';

export type Values = Record<string, number>;

export type CgroupSource = {
  readonly version: 1 | 2;
  readonly controller: Controller | 'io' | 'pressure';
  /** The first that is there. */
  readonly names: readonly string[];
  readonly parse: (text: string) => Values;
  /** It holds a limit. */
  readonly limit?: true;
};

const NOTHING: Values = {};

/** `max 100000` is no quota. */
export const parseCpuMax = (text: string): Values => {
  const [quota, period] = text.trim().split(' ').map(Number);
  return quotaOf(quota, period);
};

/** As a share of one CPU. */
const quotaOf = (quotaUs = Number.NaN, periodUs = Number.NaN): Values =>
  quotaUs > 0 && periodUs > 0 ? { 'cgroup.cpu_quota': Math.round((100 * quotaUs) / periodUs) } : NOTHING;

/** `max`, and what version 1 prints for it (as many pages as a counter holds), are no limit. */
const parseBytes =
  (metric: string) =>
  (text: string): Values => {
    const bytes = text.trim() === '' ? Number.NaN : Number(text);
    return bytes >= 0 && bytes < NO_LIMIT_BYTES ? { [metric]: bytes } : NOTHING;
  };

const NO_LIMIT_BYTES = 2 ** 60;

/** `254:0 rbps=max wbps=max riops=12 wiops=max`: how many devices it is limited on. */
export const parseIoMax = (text: string): Values => {
  const limited = wholeLines(text).filter((line) => /=\d/.test(line)).length;
  return limited > 0 ? { 'cgroup.io_limits': limited } : NOTHING;
};

type Field = readonly [field: string, metric: string, scale?: number];

/** Lines `field number`; several fields of one metric are summed. */
const parseFields =
  (fields: readonly Field[]) =>
  (text: string): Values => {
    const values: Values = {};
    const known = new Map(wholeLines(text).map((line) => line.split(' ') as [string, string]));
    for (const [field, metric, scale = 1] of fields) {
      const digits = known.get(field);
      if (digits === undefined || !/^\d+$/.test(digits)) continue;
      values[metric] = (values[metric] ?? 0) + Math.floor(Number(digits) * scale);
    }
    return values;
  };

export const parseGroupPressure =
  (resource: 'cpu' | 'memory' | 'io') =>
  (text: string): Values =>
    Object.fromEntries(
      pressureTotals(text)
        .filter(([share]) => share === 'some' || resource !== 'cpu')
        .map(([share, us]) => [`cgroup.${resource}_${share}_us`, us]),
    );

/** One was one number until 5.8, and is two since. */
const REFAULTS: readonly Field[] = [
  ['workingset_refault', 'cgroup.refaults'],
  ['workingset_refault_anon', 'cgroup.refaults'],
  ['workingset_refault_file', 'cgroup.refaults'],
];

const total = ([field, metric]: Field): Field => [`total_${field}`, metric];

/** Limits first: without one nothing else is read. */
export const CGROUP_SOURCES: readonly CgroupSource[] = [
  { version: 2, controller: 'cpu', names: ['cpu.max'], parse: parseCpuMax, limit: true },
  {
    version: 2,
    controller: 'memory',
    names: ['memory.max'],
    parse: parseBytes('cgroup.memory_max'),
    limit: true,
  },
  {
    version: 2,
    controller: 'memory',
    names: ['memory.high'],
    parse: parseBytes('cgroup.memory_high'),
    limit: true,
  },
  { version: 2, controller: 'io', names: ['io.max'], parse: parseIoMax, limit: true },
  {
    version: 2,
    controller: 'cpu',
    names: ['cpu.stat'],
    parse: parseFields([
      ['usage_usec', 'cgroup.cpu_us'],
      ['nr_periods', 'cgroup.periods'],
      ['nr_throttled', 'cgroup.throttled_periods'],
      ['throttled_usec', 'cgroup.throttled_us'],
    ]),
  },
  {
    version: 2,
    controller: 'memory',
    names: ['memory.current'],
    parse: parseBytes('cgroup.memory'),
  },
  {
    version: 2,
    controller: 'memory',
    // Those of the group itself, where the kernel has them (5.2): the limit of a group below it is not its own.
    names: ['memory.events.local', 'memory.events'],
    parse: parseFields([
      ['high', 'cgroup.limit_high'],
      ['max', 'cgroup.limit_max'],
      ['oom', 'cgroup.oom'],
      ['oom_kill', 'cgroup.oom_kills'],
    ]),
  },
  {
    version: 2,
    controller: 'memory',
    names: ['memory.stat'],
    parse: parseFields([
      ...REFAULTS,
      ['pgmajfault', 'cgroup.major_faults'],
      ['anon', 'cgroup.anon'],
      ['file', 'cgroup.file'],
    ]),
  },
  { version: 2, controller: 'pressure', names: ['cpu.pressure'], parse: parseGroupPressure('cpu') },
  { version: 2, controller: 'pressure', names: ['memory.pressure'], parse: parseGroupPressure('memory') },
  { version: 2, controller: 'pressure', names: ['io.pressure'], parse: parseGroupPressure('io') },
  {
    version: 1,
    controller: 'cpu',
    names: ['cpu.stat'],
    parse: parseFields([
      ['nr_periods', 'cgroup.periods'],
      ['nr_throttled', 'cgroup.throttled_periods'],
      ['throttled_time', 'cgroup.throttled_us', 1e-3],
    ]),
  },
  {
    version: 1,
    controller: 'cpuacct',
    names: ['cpuacct.usage'],
    parse: (text) => parseFields([['ns', 'cgroup.cpu_us', 1e-3]])(`ns ${text}`),
  },
  {
    version: 1,
    controller: 'memory',
    names: ['memory.limit_in_bytes'],
    parse: parseBytes('cgroup.memory_max'),
    limit: true,
  },
  {
    version: 1,
    controller: 'memory',
    names: ['memory.usage_in_bytes'],
    parse: parseBytes('cgroup.memory'),
  },
  {
    version: 1,
    controller: 'memory',
    names: ['memory.failcnt'],
    parse: (text) => parseFields([['hits', 'cgroup.limit_max']])(`hits ${text}`),
  },
  {
    version: 1,
    controller: 'memory',
    names: ['memory.oom_control'],
    parse: parseFields([['oom_kill', 'cgroup.oom_kills']]),
  },
  {
    version: 1,
    controller: 'memory',
    names: ['memory.stat'],
    // Without `total_` they are of the group alone, and not of those below it, which the limit bounds too.
    parse: parseFields(
      (
        [
          ...REFAULTS,
          ['pgmajfault', 'cgroup.major_faults'],
          ['rss', 'cgroup.anon'],
          ['cache', 'cgroup.file'],
        ] as const
      ).map(total),
    ),
  },
];

/** The quota of version 1 is in two files. */
export const parseQuota1 = (quota: string, period: string): Values =>
  quotaOf(Number(quota.trim()), Number(period.trim()));
