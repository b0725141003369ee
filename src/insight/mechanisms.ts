/**
 * What can drive what in Linux: which signals a metric is a sign of, and how one leads to another, each with where the
 * kernel says so. Data alone (routes.ts reads it). It holds what is so on every machine; what one program asks of another is
 * in no table, and is no reason against anybody.
 */

export type Sign =
  | 'reads'
  | 'writes'
  | 'page cache'
  | 'memory taken'
  | 'reclaim'
  | 'swap'
  | 'page faults'
  | 'compaction'
  | 'refused memory'
  | 'device queue'
  | 'syncs'
  | 'file creation'
  | 'extent searches'
  | 'CPU time'
  | 'waits for a CPU'
  | 'waits for a disk'
  | 'waits for memory'
  | 'uninterruptible sleep';

/** The first that matches; a metric that none matches is a sign of nothing that is known here. */
export const SIGNS: readonly (readonly [pattern: RegExp, sign: Sign])[] = [
  [/^(?:faults\.read_bytes|disk\.(?:.+\.)?(?:reads|read_bytes)|vm\.pgpgin)$/, 'reads'],
  [
    /^(?:faults\.write_bytes|disk\.(?:.+\.)?(?:writes|write_bytes)|vm\.pgpgout|mem\.(?:dirty|writeback))$/,
    'writes',
  ],
  [/^(?:faults\.page_cache_added|mem\.(?:cached|(?:in)?active_file|mapped))$/, 'page cache'],
  [
    /^(?:proc\.(?:anon|rss)_bytes|python\.\w+|mem\.(?:free|available|anon|(?:in)?active_anon)|zone\..+)$/,
    'memory taken',
  ],
  [/^(?:kswapd\.\w+|vm\.(?:pgscan|pgsteal|allocstall|kswapd|slabs_scanned)\w*)$/, 'reclaim'],
  [/^(?:vm\.pswp(?:in|out)|swap\..+)$/, 'swap'],
  [/^(?:faults\.major|proc\.major_faults|vm\.(?:pgmajfault|workingset_refault\w*))$/, 'page faults'],
  [/^(?:page-alloc\.(?:compact_\w+|extfrag)|vm\.compact_\w+|buddy\..+)$/, 'compaction'],
  [/^(?:page-alloc\.(?:failures|attempts_failed)|xfs-alloc\.\w+)$/, 'refused memory'],
  [/^disk\.(?:.+\.)?(?:ns|queue_ms|busy_ms|in_flight)$/, 'device queue'],
  [/^sync\.\w+$/, 'syncs'],
  [/^inode\.\w+$/, 'file creation'],
  [/^iomap\.\w+$/, 'extent searches'],
  [/^(?:proc\.(?:child_)?cpu_ms|cpu\.(?:busy|user|system)_ms|tasks\.running)$/, 'CPU time'],
  [/^(?:proc\.cpu_wait_ns|psi\.cpu\..+)$/, 'waits for a CPU'],
  [/^(?:blocked\.io_ns|psi\.io\..+|cpu\.iowait_ms)$/, 'waits for a disk'],
  [/^psi\.memory\..+$/, 'waits for memory'],
  [/^(?:blocked\.(?:ns|count|now)|tasks\.blocked)$/, 'uninterruptible sleep'],
];

/** Waiting drives nothing: it is what is felt. */
export const FELT: ReadonlySet<Sign> = new Set([
  'waits for a CPU',
  'waits for a disk',
  'waits for memory',
  'uninterruptible sleep',
]);

/** How far a mechanism reaches from who does it. */
export type Reach =
  /** Itself alone. */
  | 'process'
  /** Who uses the same block device. */
  | 'device'
  /** Everybody on the machine; where the metric is that of a control group's limit, everybody in the group. */
  | 'machine';

export type Mechanism = {
  readonly from: Sign;
  readonly to: Sign;
  readonly reach: Reach;
  /**
   * How long it may take until it shows, at most: what takes room has to fill it first, what is dirty is written back later, a
   * wait is counted when it ends.
   */
  readonly withinS: number;
  /** Where the kernel does so, and what documents it. */
  readonly source: string;
};

export const MECHANISMS: readonly Mechanism[] = [
  {
    from: 'reads',
    to: 'page cache',
    reach: 'process',
    withinS: 1,
    source: 'mm/filemap.c: filemap_add_folio; admin-guide/mm/concepts, "Page cache"',
  },
  {
    from: 'writes',
    to: 'page cache',
    reach: 'process',
    withinS: 1,
    source: 'mm/filemap.c: generic_perform_write; admin-guide/mm/concepts, "Page cache"',
  },
  {
    from: 'page cache',
    to: 'reclaim',
    reach: 'machine',
    withinS: 30,
    source:
      'mm/page_alloc.c: wake_all_kswapds, __alloc_pages_direct_reclaim; admin-guide/mm/concepts, "Reclaim"',
  },
  {
    from: 'memory taken',
    to: 'reclaim',
    reach: 'machine',
    withinS: 30,
    source:
      'mm/page_alloc.c: wake_all_kswapds, __alloc_pages_direct_reclaim; admin-guide/mm/concepts, "Reclaim"',
  },
  {
    from: 'memory taken',
    to: 'compaction',
    reach: 'machine',
    withinS: 30,
    source: 'mm/compaction.c: try_to_compact_pages; admin-guide/mm/concepts, "Compaction"',
  },
  {
    from: 'reclaim',
    to: 'page faults',
    reach: 'machine',
    withinS: 15,
    source: 'mm/vmscan.c: shrink_folio_list; mm/workingset.c: workingset_refault',
  },
  {
    from: 'reclaim',
    to: 'swap',
    reach: 'machine',
    withinS: 1,
    source: 'mm/vmscan.c: shrink_folio_list, pageout',
  },
  {
    from: 'reclaim',
    to: 'waits for memory',
    reach: 'machine',
    withinS: 1,
    source: 'mm/page_alloc.c: psi_memstall_enter around direct reclaim; accounting/psi',
  },
  {
    from: 'reclaim',
    to: 'refused memory',
    reach: 'machine',
    withinS: 1,
    source: 'mm/page_alloc.c: __alloc_pages_slowpath, warn_alloc',
  },
  {
    from: 'compaction',
    to: 'refused memory',
    reach: 'machine',
    withinS: 1,
    source: 'mm/page_alloc.c: __alloc_pages_direct_compact, warn_alloc',
  },
  {
    from: 'compaction',
    to: 'waits for memory',
    reach: 'machine',
    withinS: 1,
    source: 'mm/page_alloc.c: psi_memstall_enter around direct compaction; accounting/psi',
  },
  {
    from: 'refused memory',
    to: 'uninterruptible sleep',
    reach: 'process',
    withinS: 5,
    source: 'fs/xfs/kmem.c: kmem_alloc loops over congestion_wait until it is granted',
  },
  { from: 'page faults', to: 'reads', reach: 'process', withinS: 1, source: 'mm/filemap.c: filemap_fault' },
  {
    from: 'page faults',
    to: 'waits for a disk',
    reach: 'process',
    withinS: 5,
    source: 'mm/filemap.c: folio_wait_bit_common; kernel/sched/core.c: io_schedule',
  },
  {
    from: 'page faults',
    to: 'waits for memory',
    reach: 'process',
    withinS: 1,
    source: 'mm/filemap.c: psi_memstall_enter for pages of the working set; accounting/psi',
  },
  { from: 'swap', to: 'page faults', reach: 'process', withinS: 1, source: 'mm/memory.c: do_swap_page' },
  {
    from: 'swap',
    to: 'device queue',
    reach: 'device',
    withinS: 1,
    source: 'mm/page_io.c: swap_writeout, swap_read_folio',
  },
  {
    from: 'reads',
    to: 'device queue',
    reach: 'device',
    withinS: 1,
    source: 'block/blk-core.c: submit_bio; admin-guide/iostats, fields 9 to 11',
  },
  {
    from: 'writes',
    to: 'device queue',
    reach: 'device',
    withinS: 30,
    source: 'block/blk-core.c: submit_bio; admin-guide/sysctl/vm, dirty_expire_centisecs',
  },
  {
    from: 'device queue',
    to: 'waits for a disk',
    reach: 'device',
    withinS: 5,
    source: 'kernel/sched/core.c: io_schedule; accounting/psi',
  },
  {
    from: 'device queue',
    to: 'syncs',
    reach: 'device',
    withinS: 5,
    source: 'mm/filemap.c: file_write_and_wait_range waits for what is in flight',
  },
  {
    from: 'syncs',
    to: 'writes',
    reach: 'process',
    withinS: 1,
    source: 'mm/filemap.c: file_write_and_wait_range',
  },
  {
    from: 'syncs',
    to: 'uninterruptible sleep',
    reach: 'device',
    withinS: 5,
    source: 'fs/jbd2/journal.c: jbd2_log_wait_commit, for all who write to the file system',
  },
  {
    from: 'file creation',
    to: 'writes',
    reach: 'process',
    withinS: 5,
    source: 'fs/jbd2/commit.c, fs/xfs/xfs_log.c: each name is written to the journal first',
  },
  {
    from: 'file creation',
    to: 'uninterruptible sleep',
    reach: 'device',
    withinS: 5,
    source: 'fs/namei.c: the lock of the directory; filesystems/directory-locking',
  },
  {
    from: 'extent searches',
    to: 'CPU time',
    reach: 'process',
    withinS: 1,
    source: 'fs/iomap/seek.c: iomap_seek_hole walks every extent',
  },
  {
    from: 'extent searches',
    to: 'uninterruptible sleep',
    reach: 'device',
    withinS: 5,
    source: 'fs/xfs/xfs_file.c: xfs_file_llseek holds the lock of the inode',
  },
  {
    from: 'CPU time',
    to: 'waits for a CPU',
    reach: 'machine',
    withinS: 1,
    source: 'kernel/sched/stats.h; accounting/psi',
  },
  {
    from: 'reclaim',
    to: 'CPU time',
    reach: 'process',
    withinS: 1,
    source: 'mm/vmscan.c: kswapd and direct reclaim scan lists of pages',
  },
  {
    from: 'compaction',
    to: 'CPU time',
    reach: 'process',
    withinS: 1,
    source: 'mm/compaction.c: isolate_migratepages scans blocks of pages',
  },
  {
    from: 'waits for a disk',
    to: 'uninterruptible sleep',
    reach: 'process',
    withinS: 5,
    source: 'kernel/sched/core.c: io_schedule sleeps in TASK_UNINTERRUPTIBLE',
  },
];
