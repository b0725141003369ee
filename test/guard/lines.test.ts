/** Which lines of /dev/kmsg count, and which only look as if they should. */
import { describe, expect, it } from 'vitest';
import { isSilent, metricOf, readKmsg } from '../../src/guard/log/lines.ts';

describe('a record of /dev/kmsg', () => {
  it('has a facility, and text up to the end of its line', () => {
    expect(readKmsg('3,1234,5140900,-;XFS: oops\n SUBSYSTEM=block\n DEVICE=b8:0\n')).toEqual({
      facility: 0,
      message: 'XFS: oops',
    });
    expect(readKmsg('11,7,9,-,caller=T4711;a;b\n')).toEqual({ facility: 1, message: 'a;b' });
    expect(readKmsg('30,7,9,-;systemd[1]: Started.\n')?.facility).toBe(3);
  });

  it('that is none is none', () => {
    for (const text of ['', 'XFS: oops', '3,1234;XFS', '-1,2,3,-;x']) expect(readKmsg(text)).toBeNull();
  });
});

const KERNELS_OWN: readonly (readonly [string, string])[] = [
  ['klog.xfs_alloc_deadlocks', 'XFS: possible memory allocation deadlock in kmem_alloc (mode:0x250)'],
  [
    'klog.xfs_alloc_deadlocks',
    'XFS: victim(312) possible memory allocation deadlock size 520 in kmem_alloc (mode:0x2d40)',
  ],
  [
    'klog.xfs_alloc_deadlocks',
    'XFS: \\x1b[31m\\xffme(312) possible memory allocation deadlock in xfs_buf_allocate_memory (mode:0x2400)',
  ],
  ['klog.page_alloc_failures_high', 'swapper: page allocation failure. order:2, mode:0x4020'],
  [
    'klog.page_alloc_failures_high',
    'kworker/3:1: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null),cpuset=/,mems_allowed=0',
  ],
];

it.each(KERNELS_OWN)('%s: %s', (metric, message) => expect(metricOf(message)).toBe(metric));

const DEADLOCK = 'possible memory allocation deadlock size 520 in kmem_alloc (mode:0x2d40)';

/** Lines that the kernel itself writes, with names in them that somebody chose so that they read like others. */
const CHOSEN_NAMES: readonly string[] = [
  // A program crashes in a file that is called so.
  `a.out[4711]: segfault at 0 ip 000055d0 sp 00007ffd error 4 in XFS: a(1) ${DEADLOCK}[55d0+1000]`,
  `XFS: [4711]: segfault at 0 ip 0 sp 0 error 4 in x(1) ${DEADLOCK}`,
  `XFS: a(1) possi[4711]: segfault at 0 ip 0 sp 0 error 4 in ${DEADLOCK}`,
  `traps: XFS: a(1)[4711] general protection fault ip:0 sp:0 error:0 in ${DEADLOCK}`,
  `audit: type=1400 comm="XFS: a(1) ${DEADLOCK}"`,
  `usb 1-1: Product: XFS: a(1) ${DEADLOCK}`,
  `XFS (XFS: a(1) ${DEADLOCK}`,
  `XFS: a(1) ${DEADLOCK} and more`,
  `INFO: task XFS: a(1) ${DEADLOCK}:99 blocked for more than 120 seconds.`,
  'a: page allocation failure: order:0, mode:0x4020',
  'a: page allocation failure: order:9, mode:0x4020',
  'x[1]: segfault at 0 ip 0 sp 0 error 4 in a: page allocation failure: order:2, mode:0x4020',
];

it.each(CHOSEN_NAMES)('does not count: %s', (message) => expect(metricOf(message)).toBeNull());

it('knows from which kernels on nothing is logged', () => {
  expect(['6.8.12-1', '5.10.0', '6.9.0-rc1', '6.18.44', '7.0', 'unknown'].map(isSilent)).toEqual([
    false,
    false,
    true,
    true,
    true,
    null,
  ]);
});
