/** What a guard can do, for which findings it helps, and by what its help is measured. */

export type GuardSignal = 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL';

/** `label` is how it was asked for, and what every report calls it. */
export type Action = { readonly label: string } & (
  | { readonly kind: 'write'; readonly file: VmFile; readonly value: string }
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  | { readonly kind: 'signal'; readonly signal: GuardSignal }
  /** The idle class of I/O for the suspect. */
  | { readonly kind: 'io-idle' }
  /** A bound of the group that the suspect is in, on which it is slowed down; no one is killed. */
  | { readonly kind: 'memory-high'; readonly bytes: number }
);

/** Below /proc/sys/vm. */
export type VmFile = 'drop_caches' | 'compact_memory';

export const SIGNALS: readonly GuardSignal[] = [
  'SIGSTOP',
  'SIGCONT',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGKILL',
];

export const WRITES: Readonly<Record<string, Action & { readonly kind: 'write' }>> = {
  'drop-slab': { label: 'drop-slab', kind: 'write', file: 'drop_caches', value: '2' },
  'compact-memory': { label: 'compact-memory', kind: 'write', file: 'compact_memory', value: '1' },
  'drop-cache': { label: 'drop-cache', kind: 'write', file: 'drop_caches', value: '1' },
  'drop-cache:1': { label: 'drop-cache:1', kind: 'write', file: 'drop_caches', value: '1' },
  'drop-cache:3': { label: 'drop-cache:3', kind: 'write', file: 'drop_caches', value: '3' },
};

/**
 * Metrics that fall when a finding is cured, the first that is measured decides. All only grow, summed over processes or of
 * the host. A finding that is not here has nothing by which an action could be judged, and is not acted on.
 */
export const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'xfs-alloc-deadlock': ['xfs-alloc.stall_ns', 'xfs-alloc.failures', 'klog.xfs_alloc_deadlocks'],
  'high-order-exhaustion': ['page-alloc.failures', 'klog.page_alloc_failures_high'],
  'seek-hole-storm': ['iomap.seek_ns'],
  'page-cache-thrash': ['faults.major', 'vm.pgmajfault'],
  'inode-churn': ['inode.create_ns'],
  'sync-storm': ['sync.ns'],
  'swap-storm': ['vm.pswpin', 'psi.memory.some_us'],
  'cpu-contention': ['proc.cpu_wait_ns'],
  'lock-pile-up': ['blocked.ns'],
  'slow-device': ['psi.io.some_us'],
  'flooded-device': ['psi.io.some_us'],
};

const OF_FREE_MEMORY = ['xfs-alloc-deadlock', 'high-order-exhaustion'];
/** Their suspect does it. Elsewhere it waits itself, or nobody is accused. */
const OF_A_DOER = ['seek-hole-storm', 'page-cache-thrash', 'inode-churn', 'sync-storm', 'cpu-contention'];
/** Its suspect has requests in the device's queue that others could come before. */
const OF_IO = ['page-cache-thrash', 'inode-churn', 'sync-storm'];

/** Findings that an action can help against. Dropping the page cache while it is thrashed makes it worse, so it is not there. */
export const helpedBy = ({ kind }: Action): readonly string[] => {
  switch (kind) {
    case 'write':
      return OF_FREE_MEMORY;
    case 'signal':
      return OF_A_DOER;
    case 'io-idle':
      return OF_IO;
    case 'memory-high':
      return ['page-cache-thrash'];
    case 'run':
      return Object.keys(EFFECTS);
  }
};

/** Where it does not, nothing but the machine is meant, and a finding without a suspect is enough. */
export const needsSuspect = ({ kind }: Action): boolean => kind !== 'write' && kind !== 'run';
