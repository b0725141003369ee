/** "XFS: possible memory allocation deadlock in kmem_alloc": extent lists that find no contiguous memory. */
import type { Signature } from './signature.ts';

export const xfsAllocDeadlock: Signature = {
  id: 'xfs-alloc-deadlock',
  title: 'XFS waits for memory it cannot get: allocations are retried without end',
  severity: 'critical',
  anchor: { metric: 'xfs-alloc.stall_ns', least: 1e8 },
  togetherTicks: 10,
  lastsTicks: 3,
  victims: { metric: 'xfs-alloc.stall_ns', least: 1e7 },
  conditions: [
    {
      id: 'stalled',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'xfs-alloc.stall_ns' },
      least: 2e8,
      unit: 'ns',
      what: 'time stalled inside XFS allocations, per second',
    },
    {
      id: 'retries',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'xfs-alloc.failures' },
      least: 1,
      unit: 'count',
      what: 'failed attempts per second',
    },
    {
      id: 'rounds',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'xfs-alloc.rounds' },
      least: 1,
      unit: 'count',
      what: 'rounds of reclaim for allocations that must not fail, per second',
    },
    {
      id: 'slab',
      scope: 'host',
      need: 'optional',
      measure: { kind: 'level', metric: 'mem.slab' },
      least: 0.1,
      ofMemory: true,
      unit: 'KiB',
      what: 'memory in kernel objects',
    },
  ],
  advice: [
    {
      text: 'Drop the slab caches: contiguous memory comes back, and the stalled allocation goes on',
      command: 'echo 2 > /proc/sys/vm/drop_caches',
      risk: 'dentries and inodes are read again from disk: expect seconds of I/O; it helps until memory is fragmented again',
    },
    {
      text: 'Put the files together whose extent lists are so long',
      command: 'xfs_fsr -v FILE',
      risk: 'it rewrites the file: as much free space and I/O as the file is large',
    },
    { text: 'Watch the number of extents per image', command: 'filefrag FILE' },
  ],
};
