/** One fast reader pushes everybody's pages out of memory: kswapd wakes, others fault their own pages back in. */
import type { Condition, Signature } from './signature.ts';

const ANONYMOUS_GROWTH: Condition = {
  id: 'anonymous',
  scope: 'host',
  need: 'forbidden',
  measure: { kind: 'rise', metric: 'mem.anon', overTicks: 20 },
  least: 0.1,
  ofAll: 'memory',
  unit: 'KiB',
  what: 'growth of anonymous memory: then it is a process that wants memory, not a reader',
};

export const pageCacheThrash: Signature = {
  id: 'page-cache-thrash',
  title: 'Page cache thrash: one reader pushes the pages of others out of memory',
  titles: [
    {
      text: 'Page cache thrash: what is read pushes pages out of memory that are needed again; who reads was not counted',
      // Of the host alone.
      held: 'read-in',
    },
  ],
  severity: 'high',
  anchor: { metric: 'faults.page_cache_added', least: 1_000 },
  togetherTicks: 15,
  lastsTicks: 6,
  beyondDoubt: {
    ticks: 3,
    least: { reads: 20_000, disk: 1e8, reclaim: 20_000, refaults: 2_000, victims: 20 },
    inAll: { metric: 'faults.read_bytes', least: 5e8 },
  },
  victims: { metric: 'faults.major', least: 0.5 },
  conditions: [
    {
      id: 'reads',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'faults.page_cache_added' },
      least: 2_000,
      unit: 'pages',
      what: 'pages brought into the page cache, per second',
    },
    {
      id: 'disk',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'faults.read_bytes' },
      least: 8e6,
      unit: 'bytes',
      what: 'bytes read from devices, per second',
    },
    {
      id: 'reclaim',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'vm.pgscan_*' },
      // Who reads so much into full memory has as much thrown out.
      least: 2_000,
      unit: 'pages',
      what: 'pages looked at for reclaim, per second',
      order: { after: 'reads', earliestTicks: 3, latestTicks: 600 },
    },
    {
      id: 'refaults',
      scope: 'host',
      need: 'optional',
      measure: { kind: 'rate', metric: 'vm.workingset_refault' },
      least: 200,
      unit: 'pages',
      what: 'pages read back soon after they were evicted, per second',
    },
    {
      id: 'victims',
      scope: 'others',
      need: 'required',
      measure: { kind: 'rate', metric: 'faults.major' },
      least: 0.5,
      unit: 'count',
      what: 'major faults of other processes, per second',
    },
    {
      id: 'wakes',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'kswapd.wakeups' },
      least: 1,
      unit: 'count',
      what: 'wakeups of kswapd that it caused, per second',
    },
    ANONYMOUS_GROWTH,
  ],
  hostAlone: [
    {
      id: 'read-in',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'vm.pgpgin' },
      least: 1e4,
      unit: 'KiB',
      what: 'read from devices, per second',
    },
    {
      id: 'scanned',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'vm.pgscan_*' },
      least: 1_000,
      unit: 'pages',
      what: 'pages looked at for reclaim, per second',
    },
    {
      id: 'read-back',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'vm.workingset_refault' },
      least: 200,
      unit: 'pages',
      what: 'pages read back soon after they were evicted, per second',
    },
    {
      id: 'waits',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'vm.pgmajfault' },
      least: 10,
      unit: 'count',
      what: 'major faults, per second',
    },
    ANONYMOUS_GROWTH,
  ],
  advice: [
    {
      text: 'Bound the page cache of the reader, with all else in its unit {unit}',
      when: ['unit', 'cgroup-v2', 'boundable'],
      command: 'systemctl set-property --runtime {unit} MemoryHigh={bound}',
      risk: 'all of the unit gets slower once it holds so much; undo: MemoryHigh=infinity. A session scope holds its whole login',
    },
    {
      text: 'Bound the page cache of the reader, with all else in its control group',
      when: ['no-unit', 'cgroup-path', 'cgroup-v2', 'boundable'],
      command: 'echo {bound} > /sys/fs/cgroup{cgroup}/memory.high',
      risk: 'all of the group gets slower once it holds so much; undo: echo max',
    },
    {
      text: 'Bound the page cache of the reader: move it into a control group of its own, for it is in none',
      when: ['no-cgroup', 'cgroup-v2', 'boundable'],
      command:
        'mkdir /sys/fs/cgroup/bounded; echo {bound} > /sys/fs/cgroup/bounded/memory.high; echo {pid} > /sys/fs/cgroup/bounded/cgroup.procs',
      risk: 'it gets slower once it holds so much; what it has read so far stays where it is',
    },
    {
      text: 'Bound the page cache of the reader, with all else in its control group (version 1 knows no soft bound that holds)',
      when: ['cgroup-path', 'cgroup-v1', 'boundable'],
      command:
        "echo {bound} > /sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/{pid}/cgroup)/memory.limit_in_bytes",
      risk: 'a hard bound: if the group needs more of its own than that, processes in it are killed; undo: echo -1',
    },
    {
      text: 'Bound the page cache of the reader: move it into a control group of its own, for it is in none',
      when: ['no-cgroup', 'cgroup-v1', 'boundable'],
      command:
        'mkdir /sys/fs/cgroup/memory/bounded; echo {bound} > /sys/fs/cgroup/memory/bounded/memory.limit_in_bytes; echo {pid} > /sys/fs/cgroup/memory/bounded/cgroup.procs',
      risk: 'a hard bound: if it needs more of its own than that, it is killed; what it has read so far stays where it is',
    },
    {
      text: 'Or slow the reader down: its turn on the disk comes last (with the scheduler bfq, or mq-deadline from Linux 5.14 on)',
      command: 'ionice -c 3 -p {pid}',
      risk: 'it may take hours longer; undo: ionice -c 2 -n 4 -p {pid}',
    },
    {
      text: 'vm.swappiness is {swappiness} here, which spares anonymous pages and evicts active file pages instead; the usual value lets idle anonymous pages go first',
      when: ['swappiness-low', 'swap'],
      command: 'sysctl vm.swappiness=60',
      risk: 'idle processes may be swapped out, and answer late when they are woken; undo: sysctl vm.swappiness={swappiness}',
    },
    {
      text: 'See whether vm.swappiness was set far below the usual 60: then active file pages are evicted before idle anonymous ones',
      when: ['swappiness-unknown', 'swap'],
      command: 'sysctl vm.swappiness',
    },
    { text: 'Have the reader bypass or drop its pages: O_DIRECT, or posix_fadvise(POSIX_FADV_DONTNEED)' },
  ],
};
