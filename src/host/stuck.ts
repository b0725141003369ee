/** Threads in uninterruptible sleep, of all processes, as /proc knows them: who was blocked before anybody traced. */
import { type HostFiles, namesIn } from './files.ts';
import { parseStatLine } from './stat-line.ts';
import { waitChannelOf } from './threads.ts';

export type Stuck = { readonly pid: number; readonly tid: number; readonly isForIo: boolean };

/** Looking at one takes some 15 µs: so many are looked at, once. */
const MOST_LOOKED_AT = 20_000;
/** They are looked at again at each sample for as long as they wait. */
const MOST_STUCK = 1_024;
const STATE = 3;

/**
 * Functions of the kernel that sleep by `io_schedule` (5.10 to 7.2), which marks a thread as one that waits for block I/O
 * (`task_struct.in_iowait`); the wait channel is who called that.
 */
const FOR_IO: ReadonlySet<string> = new Set([
  'folio_wait_bit_common',
  'folio_wait_bit',
  'wait_on_page_bit_common',
  'wait_on_page_bit',
  '__lock_page',
  '__lock_page_killable',
  '__wait_on_buffer',
  '__lock_buffer',
  'blk_mq_get_tag',
  'rq_qos_wait',
  'wbt_wait',
  'submit_bio_wait',
  'blkdev_issue_flush',
  'blk_execute_rq',
  '__blkdev_direct_IO',
  '__blkdev_direct_IO_simple',
  '__iomap_dio_rw',
  'iomap_dio_rw',
  'do_blockdev_direct_IO',
  '__blockdev_direct_IO',
  'mempool_alloc',
  'balance_dirty_pages',
  'balance_dirty_pages_ratelimited_flags',
  'congestion_wait',
  'read_swap_cache_async',
  'io_schedule',
  'io_schedule_timeout',
]);

/** Those whose function is known: without it nobody can say what they wait for. */
export const readStuck = (files: HostFiles, pids: readonly number[]): readonly Stuck[] => {
  const stuck: Stuck[] = [];
  let looked = 0;
  for (const pid of pids) {
    for (const name of namesIn(files, `/proc/${pid}/task`)) {
      looked += 1;
      if (looked > MOST_LOOKED_AT || stuck.length >= MOST_STUCK) return stuck;
      const tid = Number(name);
      if (!isStuck(files, pid, tid)) continue;
      const channel = waitChannelOf(files, pid, tid);
      if (channel !== null) stuck.push({ pid, tid, isForIo: FOR_IO.has(channel) });
    }
  }
  return stuck;
};

export const isStuck = (files: HostFiles, pid: number, tid: number): boolean =>
  parseStatLine(files.text(`/proc/${pid}/task/${tid}/stat`) ?? '')?.field(STATE) === 'D';
