/** Hosts to select for, written down as facts. Events and fields as the kernel sources of those versions have them. */
import { fileURLToPath } from 'node:url';
import type { HostFacts } from '../../src/host/facts.ts';

/** A tracefs with the event formats captured on 6.18. */
export const TRACEFS_6_18 = fileURLToPath(new URL('../fixtures/captured/linux-6.18', import.meta.url));

type Wanted = {
  readonly tracepoints: Readonly<Record<string, readonly string[]>>;
  readonly functions?: readonly string[];
  readonly bpftrace?: string | null;
} & Partial<
  Pick<HostFacts, 'tracefs' | 'btf' | 'kprobes' | 'fentry' | 'lockdown' | 'kernel' | 'bpftraceProblem'>
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
  uid: 0,
  capabilities: null,
  lockdown: 'none',
  tracefs: TRACEFS_6_18,
  btf: true,
  kprobes: false,
  fentry: false,
  bpftrace: bpftrace === null ? null : { path: '/usr/bin/bpftrace', version: bpftrace },
  bpftraceProblem: null,
  tracepoints: {
    has: (name) => name in tracepoints,
    fields: (name) => tracepoints[name] ?? [],
  },
  hasFunction: (name) => functions.includes(name),
  installCommand: (name) => `apt-get install -y ${name}`,
  ...rest,
});

const calls = (...names: string[]): Record<string, readonly string[]> =>
  Object.fromEntries(
    names.flatMap((name) => [
      [`syscalls:sys_enter_${name}`, ['__syscall_nr', 'flags', 'how', 'whence']],
      [`syscalls:sys_exit_${name}`, ['__syscall_nr', 'ret']],
    ]),
  );

const COMMON = {
  'sched:sched_process_exit': ['comm', 'pid', 'prio'],
  'sched:sched_process_fork': ['parent_comm', 'parent_pid', 'child_comm', 'child_pid'],
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
  ...calls('lseek', 'openat', 'openat2', 'unlinkat', 'renameat2', 'renameat', 'mkdirat'),
};
const X86_CALLS = calls('open', 'creat', 'mkdir', 'unlink', 'rmdir', 'rename');
const ITER = { 'iomap:iomap_iter': ['dev', 'ino', 'pos', 'length', 'flags'] };
const APPLY = { 'iomap:iomap_apply': ['dev', 'ino', 'pos', 'length', 'flags'] };
const SEEKS = ['iomap_seek_hole', 'iomap_seek_data'];

/** 6.18 as on a locked-down machine: BTF, but neither kprobes nor fentry. */
export const KERNEL_6_18 = {
  ...COMMON,
  ...X86_CALLS,
  ...ITER,
  'sched:sched_process_exit': ['comm', 'pid', 'prio', 'group_dead'],
};
export const LOCKED_6_18 = hostFacts({
  tracepoints: KERNEL_6_18,
  functions: [...SEEKS, 'iomap_iter'],
  lockdown: 'integrity',
});

/** Debian 13: everything is there. */
export const DEBIAN_6_12 = hostFacts({
  kernel: '6.12.0',
  tracepoints: { ...COMMON, ...X86_CALLS, ...ITER },
  functions: [...SEEKS, 'iomap_iter'],
  kprobes: true,
  fentry: true,
  bpftrace: '0.23.2',
});

/** Debian 11: iomap_iter is there beside iomap_apply, and seeking does not use it. No order in the filemap event. */
export const DEBIAN_5_10 = hostFacts({
  kernel: '5.10.0',
  tracepoints: {
    ...COMMON,
    ...X86_CALLS,
    ...ITER,
    ...APPLY,
    'filemap:mm_filemap_add_to_page_cache': ['pfn', 'i_ino', 'index', 's_dev'],
  },
  functions: [...SEEKS, 'iomap_iter', 'iomap_apply'],
  kprobes: true,
  fentry: true,
});

/** 5.4: no iomap tracepoint of any kind, no fentry, no BTF. */
export const KERNEL_5_4 = hostFacts({
  kernel: '5.4.0',
  tracepoints: { ...COMMON, ...X86_CALLS },
  functions: [...SEEKS, 'iomap_apply'],
  kprobes: true,
  btf: false,
});

/** Arm never had the calls without a directory descriptor. */
export const ARM_6_18 = hostFacts({
  tracepoints: { ...COMMON, ...ITER },
  functions: [...SEEKS, 'iomap_iter'],
});
