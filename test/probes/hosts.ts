/** Hosts to select for, written down as facts. Events and fields as the kernel sources of those versions have them. */
import { fileURLToPath } from 'node:url';
import type { HostFacts } from '../../src/host/facts.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { tracepointsAt } from '../../src/host/tracefs.ts';

/** A tracefs with the event formats captured on 6.18. */
export const TRACEFS_6_18 = fileURLToPath(new URL('../fixtures/captured/linux-6.18', import.meta.url));

type Wanted = {
  readonly tracepoints: Readonly<Record<string, readonly string[]>>;
  readonly functions?: readonly string[];
  readonly bpftrace?: string | null;
} & Partial<
  Pick<
    HostFacts,
    | 'tracefs'
    | 'btf'
    | 'memberOffset'
    | 'memberBit'
    | 'perCpuOffset'
    | 'kprobes'
    | 'fentry'
    | 'lockdown'
    | 'kernel'
    | 'bpftraceProblem'
    | 'program'
  >
>;

export const hostFacts = ({
  tracepoints,
  functions = [],
  bpftrace = '0.17.0',
  ...rest
}: Wanted): HostFacts => ({
  platform: 'linux',
  kernel: '6.18.0',
  arch: 'x86_64',
  hostname: 'test',
  cpus: 2,
  memoryBytes: 1 << 30,
  pageBytes: 4096,
  processor: { isVirtual: false, isEmulated: false },
  uid: 0,
  capabilities: null,
  lockdown: 'none',
  pidNamespace: 'initial',
  procNamespace: 'initial',
  tracefs: TRACEFS_6_18,
  btf: true,
  btfListed: true,
  kprobes: false,
  fentry: false,
  bpftrace: bpftrace === null ? null : { path: '/usr/bin/bpftrace', version: bpftrace },
  bpftraceProblem: null,
  tracepoints: {
    has: (name) => name in tracepoints,
    fields: (name) => tracepoints[name] ?? [],
    format: tracepointsAt(localFiles, rest.tracefs ?? TRACEFS_6_18).format,
  },
  hasFunction: (name) => functions.includes(name),
  memberOffset: () => null,
  memberBit: () => null,
  extractTypes: () => null,
  perCpuOffset: () => null,
  program: () => null,
  installCommand: (name) => `apt-get install -y ${name}`,
  ...rest,
});

const calls = (...names: string[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    names.flatMap((name) => [
      [`syscalls:sys_enter_${name}`, ['__syscall_nr', 'fd', 'flags', 'how', 'whence', 'umyaddr', 'addrlen']],
      [`syscalls:sys_exit_${name}`, ['__syscall_nr', 'ret']],
    ]),
  );

const COMMON = {
  'sched:sched_process_exit': ['comm', 'pid', 'prio'],
  'sched:sched_process_fork': ['parent_comm', 'parent_pid', 'child_comm', 'child_pid'],
  'oom:mark_victim': ['pid'],
  'vmscan:mm_vmscan_wakeup_kswapd': ['nid', 'zid', 'order', 'gfp_flags'],
  'vmscan:mm_vmscan_kswapd_wake': ['nid', 'zid', 'order'],
  'vmscan:mm_vmscan_kswapd_sleep': ['nid'],
  'vmscan:mm_vmscan_direct_reclaim_begin': ['order', 'gfp_flags'],
  'vmscan:mm_vmscan_direct_reclaim_end': ['nr_reclaimed'],
  'kmem:mm_page_alloc': ['pfn', 'order', 'gfp_flags', 'migratetype'],
  'kmem:mm_page_alloc_extfrag': ['pfn', 'alloc_order', 'fallback_order'],
  'compaction:mm_compaction_try_to_compact_pages': ['order', 'gfp_mask', 'prio'],
  'compaction:mm_compaction_begin': ['zone_start', 'sync'],
  'compaction:mm_compaction_end': ['zone_start', 'sync', 'status'],
  'filemap:mm_filemap_add_to_page_cache': ['pfn', 'i_ino', 'index', 's_dev', 'order'],
  'block:block_bio_queue': ['dev', 'sector', 'nr_sector', 'rwbs', 'comm'],
  'block:block_bio_frontmerge': ['dev', 'sector', 'nr_sector', 'rwbs', 'comm'],
  'block:block_rq_insert': ['dev', 'sector', 'nr_sector', 'bytes', 'rwbs', 'comm', 'cmd'],
  'block:block_rq_issue': ['dev', 'sector', 'nr_sector', 'bytes', 'rwbs', 'comm', 'cmd'],
  'block:block_rq_complete': ['dev', 'sector', 'nr_sector', 'error', 'rwbs', 'cmd'],
  'block:block_rq_requeue': ['dev', 'sector', 'nr_sector', 'rwbs', 'cmd'],
  'sched:sched_process_exec': ['filename', 'pid', 'old_pid'],
  ...calls('mmap', 'munmap', 'brk', 'mremap', 'mprotect'),
  'printk:console': ['msg'],
  'sched:sched_waking': ['comm', 'pid', 'prio', 'target_cpu'],
  'sched:sched_switch': ['prev_comm', 'prev_pid', 'prev_prio', 'prev_state', 'next_comm', 'next_pid'],
  ...calls('lseek', 'openat', 'openat2', 'unlinkat', 'renameat2', 'renameat', 'mkdirat'),
  ...calls('mknodat', 'symlinkat', 'linkat', 'bind'),
  ...calls('fsync', 'fdatasync', 'msync', 'sync', 'syncfs', 'sync_file_range'),
};
/** From 5.9 on. */
const MERGE = {
  'block:block_rq_merge': ['dev', 'sector', 'nr_sector', 'bytes', 'rwbs', 'comm', 'cmd'],
};
/** From 5.19 on with the operation. */
const URING = {
  'io_uring:io_uring_queue_async_work': ['ctx', 'req', 'user_data', 'opcode', 'flags', 'work', 'rw'],
  'io_uring:io_uring_complete': ['ctx', 'req', 'user_data', 'res', 'cflags'],
};
/** Of 6.18; what counts here is which of them a kernel's types report. */
const OFFSETS: Readonly<Record<string, number>> = {
  'task_struct.files': 1824,
  'task_struct.maj_flt': 1576,
  'files_struct.fdt': 32,
  'fdtable.fd': 8,
  'file.f_mode': 4,
  'file.f_flags': 40,
  'io_open.how': 24,
  'io_open.file_slot': 12,
  'io_kiocb.opcode': 64,
};
/** Bit fields begin anywhere in a byte. */
const memberBit = (struct: string, member: string): number | null =>
  `${struct}.${member}` === 'task_struct.in_iowait' ? 10_537 : null;
const memberOffset = (struct: string, member: string): number | null =>
  OFFSETS[`${struct}.${member}`] ?? null;
/** Only where the module is loaded, or built in. */
const XFS = {
  'kmem:kmalloc': ['call_site', 'ptr', 'bytes_req', 'bytes_alloc', 'gfp_flags'],
  'xfs:xfs_trans_alloc': ['dev', 'tid', 'flags', 'caller_ip'],
  'xfs:xfs_trans_free': ['dev', 'tid', 'flags', 'caller_ip'],
};
const XFS_KMEM = { ...XFS, 'xfs:kmem_alloc': ['size', 'flags', 'caller_ip'] };
const X86_CALLS = calls('open', 'creat', 'mkdir', 'mknod', 'symlink', 'link', 'unlink', 'rmdir', 'rename');
const ITER = { 'iomap:iomap_iter': ['dev', 'ino', 'pos', 'length', 'flags'] };
const APPLY = { 'iomap:iomap_apply': ['dev', 'ino', 'pos', 'length', 'flags'] };
const SEEKS = ['iomap_seek_hole', 'iomap_seek_data'];

/** 6.18 as on a locked-down machine: BTF, but neither kprobes nor fentry. */
export const KERNEL_6_18 = {
  ...COMMON,
  ...MERGE,
  ...XFS,
  'xfs:xfs_buf_backing_fallback': ['dev', 'bno', 'hold', 'flags', 'caller_ip'],
  ...X86_CALLS,
  ...URING,
  ...ITER,
  'oom:mark_victim': ['pid', 'comm', 'total_vm', 'anon_rss', 'file_rss', 'shmem_rss', 'uid', 'pgtables'],
  'sched:sched_process_exit': ['comm', 'pid', 'prio', 'group_dead'],
};
export const LOCKED_6_18 = hostFacts({
  tracepoints: KERNEL_6_18,
  functions: [...SEEKS, 'iomap_iter'],
  lockdown: 'integrity',
  memberOffset,
  memberBit,
});

/** The same with XFS built in, so that its structures are among the kernel's own types; every offset another number. */
export const BUILT_IN_6_18: HostFacts = {
  ...LOCKED_6_18,
  memberOffset: (struct, member) => (struct.startsWith('ovl') ? null : 8 * struct.length + member.length),
  perCpuOffset: (variable) => 1_000 * variable.length,
};

/** Debian 13: everything is there. */
export const DEBIAN_6_12 = hostFacts({
  kernel: '6.12.0',
  tracepoints: { ...COMMON, ...X86_CALLS, ...URING, ...ITER, ...XFS },
  memberOffset,
  memberBit,
  functions: [...SEEKS, 'iomap_iter'],
  kprobes: true,
  fentry: true,
  bpftrace: '0.23.2',
});

/** Debian 12: the last long-term kernel whose XFS has kmem_alloc is 6.6. */
export const DEBIAN_6_1 = hostFacts({
  kernel: '6.1.0',
  tracepoints: { ...COMMON, ...X86_CALLS, ...URING, ...ITER, ...XFS_KMEM },
  memberOffset,
  memberBit,
  functions: [...SEEKS, 'iomap_iter', 'kmem_alloc'],
  kprobes: true,
  fentry: true,
});

/** Debian 11: iomap_iter is there beside iomap_apply, and seeking does not use it. No order in the filemap event. */
export const DEBIAN_5_10 = hostFacts({
  kernel: '5.10.0',
  tracepoints: {
    ...COMMON,
    ...X86_CALLS,
    ...ITER,
    ...APPLY,
    ...XFS_KMEM,
    'filemap:mm_filemap_add_to_page_cache': ['pfn', 'i_ino', 'index', 's_dev'],
  },
  memberOffset,
  memberBit,
  functions: [...SEEKS, 'iomap_iter', 'iomap_apply', 'kmem_alloc'],
  kprobes: true,
  fentry: true,
});

/** 5.4: no iomap tracepoint of any kind, no fentry, no BTF. */
export const KERNEL_5_4 = hostFacts({
  kernel: '5.4.0',
  tracepoints: { ...COMMON, ...X86_CALLS, ...XFS_KMEM },
  functions: [...SEEKS, 'iomap_apply', 'kmem_alloc'],
  kprobes: true,
  btf: false,
});

/** 4.19: the same, and no XFS tracepoint for kmem_alloc. */
export const KERNEL_4_19 = hostFacts({
  kernel: '4.19.0',
  tracepoints: { ...COMMON, ...X86_CALLS, ...XFS },
  functions: [...SEEKS, 'iomap_apply', 'kmem_alloc'],
  kprobes: true,
  btf: false,
});

/** A machine that has never mounted an XFS: the module is not loaded, and with it no event and no function of it. */
export const WITHOUT_XFS = hostFacts({
  tracepoints: { ...COMMON, ...X86_CALLS, ...ITER, 'kmem:kmalloc': XFS['kmem:kmalloc'] },
  kprobes: true,
});

/** Arm never had the calls without a directory descriptor. */
export const ARM_6_18 = hostFacts({
  tracepoints: { ...COMMON, ...URING, ...ITER, ...XFS },
  functions: [...SEEKS, 'iomap_iter'],
  memberOffset,
  memberBit,
});
