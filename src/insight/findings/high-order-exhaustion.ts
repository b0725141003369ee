/** Contiguous memory is gone while memory is free: order-2 requests fail on a machine that looks healthy. */
import { logged, loggedToo } from './logged.ts';
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
      id: 'mostly-high',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'page-alloc.attempts_failed.high', per: 'page-alloc.failures' },
      // Failures of single pages are another trouble: then there is no memory at all.
      least: 0.5,
      unit: 'count',
      what: 'such attempts for each allocation that failed',
    },
    {
      id: 'free',
      scope: 'host',
      need: 'required',
      measure: { kind: 'level', metric: 'mem.free' },
      least: 0.01,
      ofAll: 'memory',
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
  logged: {
    titles: [{ text: 'High-order exhaustion: requests for contiguous memory failed (from the kernel log)' }],
    victims: 'klog.by.page_alloc_failures_high',
    conditions: [
      logged('high', 'page_alloc_failures_high', 'failures of order 1 and above that the kernel logged'),
      loggedToo('failures', 'page_alloc_failures', 'page allocation failures of any order that it logged'),
      {
        id: 'free',
        scope: 'host',
        need: 'optional',
        measure: { kind: 'level', metric: 'mem.free' },
        least: 1,
        unit: 'KiB',
        what: 'memory free',
      },
    ],
  },
  advice: [
    {
      text: 'Compact free memory now',
      command: 'echo 1 > /proc/sys/vm/compact_memory',
      risk: 'seconds of kernel CPU time; it does not move what the kernel itself holds',
    },
    {
      text: 'Keep twice as much free as now ({reserveNow} KiB), so that blocks stay contiguous',
      when: ['room-for-reserve'],
      command: 'sysctl vm.min_free_kbytes={reserve}',
      risk: 'reclaim begins at once until so much is free, and it is lost to the page cache; back with vm.min_free_kbytes={reserveNow}',
    },
    {
      text: 'Keep twice as much free as now, at most {reserveMost} KiB on this host, so that blocks stay contiguous',
      when: ['reserve-unknown'],
      command: 'sysctl vm.min_free_kbytes',
    },
    {
      text: 'Reclaim within the memory node before going to another',
      when: ['numa'],
      command: 'sysctl vm.zone_reclaim_mode=1',
      risk: 'less page cache, and processes larger than a node get slower',
    },
    {
      text: 'A driver that takes high-order pages and never gives them back: smaller rings or MTU, or update it',
      command: 'ethtool -g DEV; ethtool -G DEV rx 512',
      risk: 'most drivers take the link down for a moment, and your connection may be over it',
    },
    {
      text: 'With no suspect it was an interrupt: the kernel logs which function asked',
      command: "dmesg | grep -A 30 'page allocation failure' | tail -60",
    },
  ],
};
