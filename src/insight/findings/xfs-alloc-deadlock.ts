/** "XFS: possible memory allocation deadlock in kmem_alloc": extent lists that find no contiguous memory. */
import { logged } from './logged.ts';
import type { Signature } from './signature.ts';

export const xfsAllocDeadlock: Signature = {
  id: 'xfs-alloc-deadlock',
  title: 'XFS waits for memory it cannot get',
  titles: [
    { held: 'retries', text: 'XFS waits for memory it cannot get: allocations fail and are tried again' },
    {
      held: 'rounds',
      text: 'XFS waits for memory it cannot get: allocations that must not fail reclaim again and again',
    },
  ],
  severity: 'critical',
  ofFiles: true,
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
      ofAll: 'memory',
      unit: 'KiB',
      what: 'memory in kernel objects',
    },
  ],
  logged: {
    titles: [{ text: 'XFS waits for memory it cannot get, and says so in the kernel log' }],
    victims: 'klog.by.xfs_alloc_deadlocks',
    conditions: [
      // From 4.9 on and before: a line for each hundred attempts.
      logged(
        'lines',
        'xfs_alloc_deadlocks',
        'lines "possible memory allocation deadlock", each after 100 failed attempts',
      ),
      {
        id: 'slab',
        scope: 'host',
        need: 'optional',
        measure: { kind: 'level', metric: 'mem.slab' },
        least: 1,
        unit: 'KiB',
        what: 'memory in kernel objects',
      },
    ],
  },
  advice: [
    {
      text: 'See whether memory is gone (then the question is who takes it) or only fragmented: each column of the right half is a block twice as large',
      command: 'free -m; cat /proc/buddyinfo',
    },
    {
      text: 'Drop the slab caches: contiguous memory comes back, and the stalled allocation goes on',
      command: 'echo 2 > /proc/sys/vm/drop_caches',
      risk: 'dentries and inodes are read again from disk: expect seconds of I/O; nothing is lost; it helps until memory is fragmented again',
    },
    {
      text: 'Find which of its open files has so many extents',
      command: 'find -L /proc/{pid}/fd -maxdepth 1 -type f -exec filefrag {} + | sort -t: -k2 -n | tail -3',
      risk: 'filefrag walks each file, and may wait for the same memory: not while XFS hangs',
    },
    {
      text: 'Then defragment it',
      when: ['xfs'],
      command: 'xfs_fsr -v {file}',
      risk: 'it rewrites the file: as much free space and I/O as the file is large; not while XFS hangs',
    },
  ],
};
