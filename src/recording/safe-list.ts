/**
 * What a redacted recording may say in words. Whatever is not a number and not in this list is somebody's: a name, a path, a
 * server. New words are secret until they are added here.
 */
const N = '\\d+(?:\\.\\d+)?';
const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern.replaceAll('#', N)})$`);

/** Whole sentences of ours; `#` is a number. */
const TEXTS: readonly RegExp[] = [
  'command ended|duration over|quit|end|imported|stdout closed|SIG[A-Z]{2,6}',
  'exits that bpftrace did not print|files that bpftrace did not print|and more',
  'bpftrace gave no last counts|no samples in what was imported|too many records between two samples',
  'pid #|byte #: torn line, # bytes|byte #: a line of # bytes|a line too long to hold',
  '# samples? (?:is|are) missing from the recording|segments? #(?: to #)? (?:is|are) not there: deleted, or lost',
  'segment # follows segment #|@frame_full took no more keys',
  'its segment has been deleted since, to stay within the bounds of the recording',
  'recording stopped: only # MiB are free on the disk',
  'it has no CPU quota|its memory has no limit|the files of this control group do not say it',
  'PYTHONMALLOC=malloc: it has no arenas, and all of its objects are in the heap',
  'its PID was of more than one process within one interval: what each counted in it is not known',
].map(whole);

export const isSafeText = (text: string): boolean => TEXTS.some((pattern) => pattern.test(text));

/** Threads of the kernel that have nobody's name in theirs. */
const KERNEL_THREADS = whole(
  [
    'kthreadd|khugepaged|ksmd|kcompactd\\d+|kswapd\\d+|oom_reaper|writeback|kdevtmpfs|kauditd|khungtaskd',
    '(?:ksoftirqd|migration|cpuhp|idle_inject|watchdog)/\\d+|rcu_(?:preempt|sched|gp|par_gp)|kblockd',
    'kworker/u?\\d+:\\d+H?|jbd2/(?:sd[a-z]|vd[a-z]|dm-|nvme\\d+n\\d+p)\\d*-8|xfsaild/(?:sd[a-z]|vd[a-z]|dm-)\\d*',
  ].join('|'),
);

/** As it may be repeated; null when it is no thread of the kernel. The work that a worker does has names of its own. */
export const kernelThread = (comm: string): string | null => {
  const plain = /^kworker\/u?\d+:\d+H?/.exec(comm)?.[0] ?? comm;
  return KERNEL_THREADS.test(plain) ? plain : null;
};

/** A kernel's numbers, without what its builder or its host called it. */
export const kernelVersion = (kernel: string): string => /^\d+(?:\.\d+){1,3}/.exec(kernel)?.[0] ?? 'unknown';
export const toolVersion = (version: string): string =>
  /^v?\d+(?:\.\d+){0,3}/.exec(version)?.[0] ?? 'unknown';

const oneOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const ARCHES = oneOf('x86_64 x64 aarch64 arm64 arm i686 riscv64 s390x ppc64le loong64 unknown');
const FILESYSTEMS = oneOf(
  'xfs ext2 ext3 ext4 btrfs tmpfs devtmpfs proc sysfs cgroup cgroup2 overlay nfs nfs4 cifs erofs squashfs vfat iso9660 f2fs zfs fuse fuseblk bpf debugfs tracefs securityfs pstore configfs hugetlbfs mqueue devpts ramfs rootfs autofs',
);
const FORMATS = oneOf('csv sadf');
const LIMITS = oneOf(
  'cpu.max cpu.cfs_quota_us memory.max memory.high memory.limit_in_bytes memory.memsw.limit_in_bytes',
);

export const safeArch = (arch: string): string => (ARCHES.has(arch) ? arch : 'unknown');
export const isFilesystem = (name: string): boolean => FILESYSTEMS.has(name);
export const safeFormat = (format: string): string => (FORMATS.has(format) ? format : 'import');
export const isLimitFile = (name: string): boolean => LIMITS.has(name);

/** Of the host, as /proc and /sys call them everywhere; those of one device have its name in the middle. */
const HOST_METRICS = whole(
  [
    '(?:buddy|zone)\\.\\d+\\.(?:DMA|DMA32|Normal|HighMem|Movable|Device)\\.(?:\\d+|free|high|low|min)',
    'load\\.(?:1|5|15)|psi\\.(?:cpu|io|memory)\\.(?:some|full)_us|cpu\\.(?:busy|iowait|steal)_ms|swap\\.free',
    'tasks\\.(?:blocked|forked|running|switches)|proc\\.(?:anon_bytes|child_cpu_ms|cpu_ms|cpu_wait_ns)',
    'proc\\.(?:major_faults|minor_faults|rss_bytes)|cgroup\\.(?:anon|cpu_quota|cpu_some_us|cpu_us|file)',
    'cgroup\\.(?:limit_high|limit_max|major_faults|memory|memory_full_us|memory_high|memory_limit|memory_max)',
    'cgroup\\.(?:io_full_us|io_limits|io_some_us|memory_some_us|oom|oom_kills|periods|refaults|throttled_periods|throttled_us)',
    'mem\\.(?:active_file|anon|available|cached|dirty|free|inactive_file|shmem|slab|slab_reclaimable|writeback)',
    'vm\\.(?:allocstall|compact_fail|compact_stall|drop_pagecache|drop_slab|oom_kill|pageoutrun|pgfault)',
    'vm\\.(?:pgmajfault|pgpgin|pgpgout|pgscan_direct|pgscan_kswapd|pgsteal_direct|pgsteal_kswapd|pswpin)',
    '(?:program|shared)\\.(?:cpu_ms|most_ms|next_ms|used_ms|wait_ns)',
    'vm\\.(?:pswpout|workingset_refault|kswapd_(?:high|low)_wmark_hit_quickly)',
  ].join('|'),
);
export const isHostMetric = (id: string): boolean => HOST_METRICS.test(id);

export const DEVICE_METRIC =
  /^(disk|xfs)\.(.+)\.(busy_ms|queue_ms|in_flight|read_bytes|reads|write_bytes|writes|blk_mapr|blk_mapw|buf_page_retries|look_exlist)$/;
/** As the kernel numbers them; names of volumes are given by people. */
export const isDevice = (name: string): boolean =>
  /^(?:(?:sd|vd|xvd|hd)[a-z]{1,2}\d*|nvme\d+n\d+(?:p\d+)?|mmcblk\d+(?:p\d+)?|(?:loop|ram|zram|sr|md|dm-|nbd)\d+)$/.test(
    name,
  );
