// Real failures of the page allocator. A pipe of 256 MiB keeps its ring of buffers in one block of order 10; pipes are
// made until the kernel has no such block left, and then so many more fail, each with ENOMEM to the caller. While they
// are held, the disk is read through what little is left and packets arrive, whose buffers are taken in interrupts.
import { between, exactly, impossible, timeBetween } from '../claims.mjs';
import { perfWitness, vmstatWitness } from '../witness.mjs';
import { run } from '../work.mjs';

const FAILURES = 23;
const ORDER = 10;

/** Prints how many pipes could not grow. F_SETPIPE_SZ is 1031. */
const TAKE = `
use strict; use warnings;
$^F = 1 << 20;
my (@held, $failed);
$failed = 0;
open(my $reserve, '>', '/proc/sys/vm/min_free_kbytes') or die; print $reserve 512; close $reserve;
for (1 .. 1000) {
  pipe(my $read, my $write) or die "pipe: $!";
  if (fcntl($write, 1031, 256 << 20)) { push @held, $read, $write; next }
  die "F_SETPIPE_SZ: $!" unless $!{ENOMEM};
  last if ++$failed == ${FAILURES};
}
print "$failed\\n";
system('dd if=/dev/vda of=/dev/null bs=1M count=400 status=none & ping -q -f -c 3000 -s 1400 -w 20 10.0.2.2 >/dev/null; wait');
`;

const FAILED = 'pfn == 0xffffffffffffffff';

export const pageAlloc = {
  probe: 'page-alloc',
  witness: async (name) => {
    const perf = await perfWitness(
      {
        failed: { event: 'kmem:mm_page_alloc', filter: FAILED },
        softirq: { event: 'kmem:mm_page_alloc', filter: `${FAILED} && common_flags & 0x10` },
        idle: { event: 'kmem:mm_page_alloc', filter: `${FAILED} && common_pid == 0` },
        extfrag: { event: 'kmem:mm_page_alloc_extfrag' },
        compacted: { event: 'compaction:mm_compaction_try_to_compact_pages' },
      },
      `/run/perf-${name}`,
    );
    const vmstat = vmstatWitness({ stalls: /^compact_stall$/ });
    const startedMs = performance.now();
    return {
      stop: async () => ({
        perf: await perf.stop(),
        vmstat: await vmstat.stop(),
        wallNs: Math.ceil((performance.now() - startedMs) * 1e6),
      }),
    };
  },
  work: async () => {
    const taker = await run('perl', '-MErrno', '-e', TAKE);
    return { taker, failed: Number(taker.stdout) };
  },
  claims: ({ work: { taker, failed }, inner, outer, seen }) => {
    const bounded = (metric, least, most, of) =>
      between(metric, least, most, seen.total(`page-alloc.${metric}`), of);
    const ofOrder = (seen.breakdown(taker.pid, 'page-alloc.attempts_failed') ?? [])
      .filter(({ key }) => key[0] === ORDER)
      .reduce((sum, { total }) => sum + total, 0);
    return [
      exactly('failures', failed, seen.of(taker.pid, 'page-alloc.failures'), 'ENOMEM seen by the process'),
      exactly(`attempts_failed[${ORDER}]`, failed, ofOrder, `of order ${ORDER}, the same`),
      bounded(
        'attempts_failed',
        inner.perf.failed,
        outer.perf.failed,
        `perf, ${outer.perf.softirq} in soft interrupts`,
      ),
      outer.perf.idle === 0 && seen.of(0, 'page-alloc.attempts_failed') === 0
        ? impossible('attempts_failed (PID 0)', 'nothing failed in an interrupt of the idle task')
        : between(
            'attempts_failed (PID 0)',
            inner.perf.idle,
            outer.perf.idle,
            seen.of(0, 'page-alloc.attempts_failed'),
            'perf, interrupts of the idle task',
          ),
      bounded('extfrag', inner.perf.extfrag, outer.perf.extfrag, 'perf'),
      bounded('compact_stalls', inner.perf.compacted, outer.perf.compacted, 'perf'),
      bounded('compact_stalls', inner.vmstat.stalls, outer.perf.compacted, 'at least vmstat compact_stall'),
      timeBetween(
        'compact_ns',
        0,
        4 * outer.wallNs,
        seen.total('page-alloc.compact_ns'),
        'wall time of four',
      ),
    ];
  },
};
