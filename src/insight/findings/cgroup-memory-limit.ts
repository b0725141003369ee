/**
 * A control group at its memory limit throws out pages that it needs again at once: it reads them back, and its processes
 * wait for memory, whatever the machine has free. One that only fills its cache up to the limit reclaims as often, and
 * needs nothing of it again. Where the machine reclaims as well, the limit need not be the cause.
 */
import { logged, loggedToo } from './logged.ts';
import type { Signature } from './signature.ts';

const RISK = 'what it holds more is missing to others; undo: {limit}';

export const cgroupMemoryLimit: Signature = {
  id: 'cgroup-memory-limit',
  title: 'Memory limit: a control group at its limit evicts pages that it needs, and reads them back',
  severity: 'high',
  cgroups: { doers: ['faults.page_cache_added', 'kswapd.memcg_reclaims', 'proc.major_faults'] },
  anchor: { metric: 'cgroup.limit_*', least: 0.5 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'proc.major_faults', least: 0.5 },
  conditions: [
    {
      id: 'limit',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'cgroup.limit_*' },
      least: 1,
      unit: 'count',
      what: 'times at its limit, per second',
    },
    {
      id: 'refaults',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'cgroup.refaults' },
      least: 100,
      unit: 'pages',
      what: 'pages it read back soon after they were evicted, per second',
    },
    {
      id: 'pressure',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'cgroup.memory_some_us' },
      least: 2e4,
      unit: 'us',
      what: 'time in which somebody in it waited for memory, per second',
    },
    {
      id: 'held',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'level', metric: 'cgroup.memory' },
      least: 1,
      unit: 'bytes',
      what: 'held by it',
    },
    {
      id: 'bound',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'level', metric: 'cgroup.memory_limit' },
      least: 1,
      unit: 'bytes',
      what: 'is its limit',
    },
    {
      id: 'reclaim',
      scope: 'others',
      need: 'optional',
      measure: { kind: 'rate', metric: 'kswapd.memcg_reclaim_ns' },
      least: 1e6,
      unit: 'ns',
      what: 'time its processes spent in reclaim, per second',
    },
    {
      id: 'host',
      scope: 'host',
      need: 'forbidden',
      measure: { kind: 'rate', metric: 'vm.pgscan_kswapd' },
      least: 2_000,
      unit: 'pages',
      what: 'pages the whole machine looks at for reclaim, per second: then its limit need not be the cause',
    },
  ],
  logged: {
    titles: [
      {
        text: 'Memory limit: a control group was at its limit again and again, and the kernel killed in it (from its log); whether it read back what it evicted was not measured',
      },
    ],
    victims: 'klog.by.oom_group_kills',
    conditions: [
      { ...logged('hits', 'memcg_limit_hits', 'times at the limit of a control group'), least: 100 },
      loggedToo('group', 'oom_group_kills', 'killed at the limit of a control group'),
      loggedToo('anon', 'oom_anon_kib', 'of anonymous memory they held', 'KiB'),
      loggedToo('file', 'oom_file_kib', 'of files they had mapped', 'KiB'),
    ],
  },
  // Version 1 counts no stalls: what is read back must say it alone.
  without: { unknown: 'pressure', least: [{ refaults: 1_000 }] },
  advice: [
    {
      text: 'Raise its limit, if the machine has memory to spare',
      when: ['unit', 'limit-v2'],
      command: 'systemctl set-property --runtime {unit} {limitProperty}={moreLimit}',
      risk: RISK,
    },
    {
      text: 'Raise its limit, if the machine has memory to spare',
      when: ['no-unit', 'limit-v2'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: RISK,
    },
    {
      text: 'Raise its limit, if the machine has memory to spare',
      when: ['limit-v1'],
      command: 'echo {moreLimit} > {limitFile}',
      risk: RISK,
    },
    {
      text: 'For good, raise it where container {container} is defined (resources.limits.memory, docker update --memory): its runtime may set it back',
      when: ['container'],
    },
    {
      text: 'Or let it need less: have a reader of large files bypass or drop its pages, O_DIRECT or posix_fadvise(POSIX_FADV_DONTNEED)',
    },
    { text: 'Or run fewer workers in it: the limit is for all of them together, their page cache included' },
  ],
};
