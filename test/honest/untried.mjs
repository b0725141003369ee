// Metrics that no case of this trial brings about, and where else they are tried. A test holds this list and the cases
// against the manifests: a new metric without a case fails.
const PRESSURE = 'needs pressure on the memory of the whole machine: staged in guests, docs/kernels.md';
const OLD =
  'needs a kernel up to 6.8: staged in guests with a module that fails allocations, docs/kernels.md';
const CALLS = 'counts calls seen, which an optimised build makes directly: no witness knows how many it made';
const SYNCS = 'a level that is zero when a process has ended: test/kernel/syncs.test.ts';
const WAITS = 'beside a program that times its own waits: test/kernel/blocked.test.ts, and in guests';
const DISKS =
  'beside a program that knows its requests, on a loop device of its own: test/kernel/disk.test.ts';

const KILLS = 'a process killed at the limit of its control group: test/kernel/oom.test.ts';
const LATENCIES = 'beside a program that times each of its calls: test/kernel/histograms.test.ts';

export const UNTRIED = {
  'sync.latency': LATENCIES,
  'inode.create_latency': LATENCIES,
  'iomap.seek_latency': LATENCIES,
  'disk.latency': DISKS,
  'disk.device_latency': DISKS,
  'disk.device_requests': DISKS,
  'disk.device_bytes': DISKS,
  'disk.device_ns': DISKS,
  'blocked.count': WAITS,
  'blocked.ns': WAITS,
  'blocked.io_ns': WAITS,
  'blocked.max_ns': WAITS,
  'blocked.now': WAITS,
  'sync.now': SYNCS,
  'oom.kills': KILLS,
  'oom.anon_kib': KILLS,
  'oom.file_kib': 'pages of programs and libraries, which others have mapped too: no witness knows how many',
  'oom.shmem_kib': 'zero in test/kernel/oom.test.ts, where nothing is shared',
  'disk.reads': DISKS,
  'disk.writes': DISKS,
  'disk.others':
    'flushes and discards: a kernel thread hands over whichever it likes, and no witness knows which',
  'disk.read_bytes': DISKS,
  'disk.write_bytes': DISKS,
  'disk.ns': DISKS,
  'disk.max_ns': DISKS,
  'disk.errors': 'needs a device that fails',

  'kswapd.wakeups_by_order': PRESSURE,
  'kswapd.kswapd_ns': PRESSURE,
  'xfs-alloc.failures': OLD,
  'xfs-alloc.failures_by_size': OLD,
  'xfs-alloc.largest_bytes': OLD,
  'xfs-alloc.gave_up': OLD,
  'xfs-alloc.found': PRESSURE,
  'python.api_mem': CALLS,
  'python.api_object': CALLS,
  'python.api_new': CALLS,
};

/** Cases that were found wrong and are not fixed, by name: why. Their numbers stay what they are, and fail. */
export const UNMENDED = {};
