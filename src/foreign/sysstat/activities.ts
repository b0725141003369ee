/**
 * Which activity a table of sar, mpstat or pidstat shows, by a column that only it has, and under which names sadf has its
 * columns: so that text, JSON and XML of one file give the same metrics. Names of 10.x to 12.x.
 */

/** A column that only it has, and its place in sadf's tree. */
const ACTIVITIES: readonly (readonly [RegExp, string])[] = [
  [/^PID$/, 'pidstat'],
  [/^%(?:user|usr|sys|system)$/, 'cpu-load'],
  [/^(?:proc|cswch)\/s$/, 'process-and-context-switch'],
  [/^(?:intr\/s|INTR)$/, 'interrupts'],
  [/^pswpin\/s$/, 'swap-pages'],
  [/^pgpgin\/s$/, 'paging'],
  [/^rtps$/, 'io'],
  [/^frmpg\/s$/, 'memory-pages'],
  [/^kb(?:memfree|swpfree)$/, 'memory'],
  [/^kbhugfree$/, 'hugepages'],
  [/^dentunusd$/, 'kernel'],
  [/^runq-sz$/, 'queue'],
  [/^TTY$/, 'serial'],
  [/^DEV$/, 'disk'],
  [/^rxpck\/s$/, 'network.net-dev'],
  [/^rxerr\/s$/, 'network.net-edev'],
  [/^scall\/s$/, 'network.net-nfsd'],
  [/^call\/s$/, 'network.net-nfs'],
  [/^totsck$/, 'network.net-sock'],
  [/^irec\/s$/, 'network.net-ip'],
  [/^ihdrerr\/s$/, 'network.net-eip'],
  [/^imsg\/s$/, 'network.net-icmp'],
  [/^ierr\/s$/, 'network.net-eicmp'],
  [/^active\/s$/, 'network.net-tcp'],
  [/^atmptf\/s$/, 'network.net-etcp'],
  [/^idgm\/s$/, 'network.net-udp'],
  [/^tcp6sck$/, 'network.net-sock6'],
  [/^irec6\/s$/, 'network.net-ip6'],
  [/^ihdrer6\/s$/, 'network.net-eip6'],
  [/^imsg6\/s$/, 'network.net-icmp6'],
  [/^ierr6\/s$/, 'network.net-eicmp6'],
  [/^idgm6\/s$/, 'network.net-udp6'],
  [/^squeezd\/s$/, 'network.softnet'],
  [/^MHz$/, 'power-management.cpu-frequency'],
  [/^(?:FILESYSTEM|MOUNTPOINT)$/, 'filesystems'],
  [/^%scpu(?:-10)?$/, 'psi.psi-cpu'],
  [/^%sio(?:-10)?$/, 'psi.psi-io'],
  [/^%smem(?:-10)?$/, 'psi.psi-mem'],
];

/** Columns that name a row. */
export const ROW_NAMES: ReadonlySet<string> = new Set(
  'CPU INTR DEV IFACE TTY FILESYSTEM MOUNTPOINT FAN BUS FCHOST TEMP IN DEVICE Device wghMHz'.split(' '),
);

/** sar's name to sadf's, where the rule below does not give it. */
const COLUMNS: Readonly<Record<string, string>> = {
  'cpu-load.%user': 'user',
  'cpu-load.%usr': 'usr',
  'cpu-load.%system': 'system',
  'cpu-load.%sys': 'sys',
  'memory.kbinact': 'inactive',
  'io.rtps': 'io-reads.rtps',
  'io.bread/s': 'io-reads.bread',
  'io.wtps': 'io-writes.wtps',
  'io.bwrtn/s': 'io-writes.bwrtn',
  'io.dtps': 'io-discard.dtps',
  'io.bdscd/s': 'io-discard.bdscd',
  'power-management.cpu-frequency.MHz': 'frequency',
  'psi.psi-cpu.%scpu': 'some_avg',
  'psi.psi-cpu.%scpu-10': 'some_avg10',
  'psi.psi-cpu.%scpu-60': 'some_avg60',
  'psi.psi-cpu.%scpu-300': 'some_avg300',
  'psi.psi-io.%sio': 'some_avg',
  'psi.psi-io.%sio-10': 'some_avg10',
  'psi.psi-io.%sio-60': 'some_avg60',
  'psi.psi-io.%sio-300': 'some_avg300',
  'psi.psi-io.%fio': 'full_avg',
  'psi.psi-io.%fio-10': 'full_avg10',
  'psi.psi-io.%fio-60': 'full_avg60',
  'psi.psi-io.%fio-300': 'full_avg300',
  'psi.psi-mem.%smem': 'some_avg',
  'psi.psi-mem.%smem-10': 'some_avg10',
  'psi.psi-mem.%smem-60': 'some_avg60',
  'psi.psi-mem.%smem-300': 'some_avg300',
  'psi.psi-mem.%fmem': 'full_avg',
  'psi.psi-mem.%fmem-10': 'full_avg10',
  'psi.psi-mem.%fmem-60': 'full_avg60',
  'psi.psi-mem.%fmem-300': 'full_avg300',
};

/** Shares that sadf calls without `-percent`. */
const PLAIN_SHARES: ReadonlySet<string> = new Set(['cpu-load']);

/** null of a table that is not known: it is taken under its first column. */
export const activityOf = (columns: readonly string[]): string | null =>
  ACTIVITIES.find(([only]) => columns.some((column) => only.test(column)))?.[1] ?? null;

export const columnOf = (activity: string, column: string): string => {
  const known = COLUMNS[`${activity}.${column}`];
  if (known !== undefined) return known;
  const plain = column.replace(/\/s$/, '').replace(/^kb/, '');
  if (!plain.startsWith('%')) return plain;
  if (PLAIN_SHARES.has(activity)) return plain.slice(1);
  return activity === 'filesystems' ? plain : `${plain.slice(1)}-percent`;
};
