/**
 * Kernel memory that cannot be dropped and grows as steadily as a clock goes: files, pipes, sockets or timers that a program opens and
 * never closes, or a driver that forgets. It is in no process's memory, so nobody looks large.
 */
import type { GrowthSignature } from './growth-signature.ts';

export const slabLeak: GrowthSignature = {
  id: 'slab-leak',
  title:
    'Memory of kernel objects that cannot be dropped grows steadily: a leak of descriptors, or in the kernel',
  severity: 'medium',
  advice: [
    {
      text: 'See which cache grows: compare two of these, a minute apart. `filp` and `pipe` or `sock` mean descriptors, `kmalloc` a driver or a filter',
      command: 'slabtop -o -s c | head -20',
    },
    {
      text: 'See who has most open; close what it forgot by restarting it',
      command: 'for d in /proc/[0-9]*/fd; do echo "$(ls $d 2>/dev/null | wc -l) $d"; done | sort -rn | head',
    },
    {
      text: 'Where no process has them, it is the kernel: kmemleak names the callers, on a kernel built with it',
      command: 'echo scan > /sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak',
      risk: 'a scan walks all memory; such a kernel is slower throughout',
    },
  ],
};
