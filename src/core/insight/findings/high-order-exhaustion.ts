/** Contiguous memory is gone while memory is free: order-2 requests fail on a machine that looks healthy. */
import type { Signature } from './signature.ts';

export const highOrderExhaustion: Signature = {
  id: 'high-order-exhaustion',
  title: 'High-order exhaustion: memory is free, but not in one piece',
  severity: 'high',
  anchor: { metric: 'page-alloc.failures', least: 0.01 },
  togetherTicks: 60,
  // One refusal is a bad moment.
  lastsTicks: 3,
  victims: { metric: 'page-alloc.failures', least: 0.01 },
  conditions: [
    {
      id: 'failures',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'page-alloc.failures' },
      least: 0.05,
      unit: 'count',
      what: 'page allocations that failed for good, per second',
    },
    {
      id: 'high',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'page-alloc.attempts_failed.high' },
      least: 0.05,
      unit: 'count',
      what: 'failed attempts of order 1 and above, huge pages apart, per second',
    },
    {
      id: 'free',
      scope: 'host',
      need: 'required',
      measure: { kind: 'level', metric: 'mem.free' },
      least: 0.01,
      ofMemory: true,
      unit: 'KiB',
      what: 'memory free',
    },
    {
      id: 'fallbacks',
      scope: 'others',
      need: 'optional',
      measure: { kind: 'rate', metric: 'page-alloc.extfrag' },
      least: 1,
      unit: 'count',
      what: 'allocations that broke up blocks of another kind, per second',
    },
    {
      id: 'compaction',
      scope: 'host',
      need: 'optional',
      measure: { kind: 'rate', metric: 'vm.compact_stall' },
      least: 0.5,
      unit: 'count',
      what: 'allocations that had to compact memory first, per second',
    },
  ],
  advice: [
    {
      text: 'Keep more memory free, so that blocks stay in one piece',
      command: 'sysctl vm.min_free_kbytes=262144',
      risk: 'this memory is lost to the page cache; far too much of it can make the machine reclaim all the time',
    },
    {
      text: 'Put free memory together now',
      command: 'echo 1 > /proc/sys/vm/compact_memory',
      risk: 'seconds of kernel CPU time; it does not move what the kernel itself holds',
    },
    {
      text: 'Reclaim within the zone before going elsewhere',
      command: 'sysctl vm.zone_reclaim_mode=1',
      risk: 'less page cache on machines with several memory nodes',
    },
    {
      text: 'A driver that takes high-order pages and never gives them back: smaller rings or MTU, or update it',
      command: 'ethtool -G DEV rx 512',
    },
  ],
};
