/**
 * A program keeps the CPUs busy, and others that are ready to run wait for their turn. A busy CPU is no failure in itself:
 * somebody else must wait, and the hypervisor must not be what takes the time. Who is named uses more than all others
 * together; where nobody does, that is said, for one of many that share the CPUs is a bystander.
 *
 * What else makes these metrics move is in docs/runbooks/cpu-contention.md.
 */
import { STANDS_OUT } from './programs.ts';
import type { Condition, Signature } from './signature.ts';
import { STEAL } from './steal.ts';

const ID = 'cpu-contention';

/** Threads that a quota of their cgroup holds back wait as well, on a machine with CPUs to spare. */
const BUSY: Condition = {
  id: 'busy',
  scope: 'host',
  need: 'required',
  measure: { kind: 'rate', metric: 'cpu.busy_ms' },
  least: 0.85,
  ofAll: 'cpus',
  unit: 'ms',
  what: 'CPU time in use, per second',
};

const COMMON = {
  id: ID,
  title: 'CPU contention: the CPUs are kept busy, and others that are ready to run wait for their turn',
  severity: 'medium',
  isGeneral: true,
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'proc.cpu_wait_ns', least: 1e8 },
} as const;

export const cpuContention: Signature = {
  ...COMMON,
  places: { kind: 'program' },
  anchor: { metric: 'program.cpu_ms', least: 300 },
  conditions: [
    {
      // More than there is was counted late: of children that were waited for only now.
      id: 'cpu',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'program.cpu_ms' },
      least: 0.4,
      most: 1.1,
      ofAll: 'cpus',
      unit: 'ms',
      what: 'CPU time it takes, with its short children, per second',
    },
    {
      id: 'share',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'program.cpu_ms', per: 'program.used_ms' },
      least: STANDS_OUT.ofAll,
      unit: 'count',
      what: 'of all CPU time in use is that',
    },
    {
      id: 'lead',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'program.cpu_ms', per: 'program.next_ms' },
      least: STANDS_OUT.ofNext,
      unit: 'count',
      what: 'times what the next program takes',
    },
    {
      id: 'waits',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'psi.cpu.some_us' },
      least: 2e5,
      unit: 'us',
      what: 'time in which somebody waited for a CPU, per second',
    },
    {
      id: 'others',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'program.wait_ns' },
      least: 2e8,
      unit: 'ns',
      what: 'time that one of the others waited for a CPU, per second',
    },
    BUSY,
    STEAL,
  ],
  advice: [
    {
      text: 'Let others go first; it goes on with what they leave',
      command: 'renice -n 19 -p $(ls /proc/{pid}/task)',
      risk: 'it takes longer, and only root can raise it again; between control groups niceness does not count, their weights do, and with kernel.sched_autogroup_enabled it does not between sessions: there, echo 19 >/proc/{pid}/autogroup',
    },
    {
      text: 'Give its unit a smaller share while others want the CPU',
      when: ['unit', 'cgroup-v2'],
      command: 'systemctl set-property --runtime {unit} CPUWeight=20',
      risk: 'everything in the unit is slowed, for as long as others want to run',
    },
    {
      text: 'See what it does with the time',
      command: 'perf top -p {pid}',
      risk: 'sampling costs the process a few per cent',
    },
  ],
};

/** No program uses as much as all others together. */
export const sharedCpus: Signature = {
  ...COMMON,
  places: { kind: 'machine' },
  nobody: 'many share the CPUs, and no program takes more than all others together',
  anchor: { metric: 'shared.used_ms', least: 300 },
  conditions: [
    {
      id: 'most',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'shared.most_ms', per: 'shared.used_ms' },
      most: 1,
      unit: 'count',
      what: 'of all CPU time in use is that of the program that takes most',
    },
    {
      id: 'pressed',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'psi.cpu.some_us' },
      least: 5e5,
      unit: 'us',
      what: 'time in which somebody waited for a CPU, per second',
    },
    {
      id: 'waiting',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'shared.wait_ns' },
      least: 5e8,
      unit: 'ns',
      what: 'time that one of them waited for a CPU, per second',
    },
    BUSY,
    STEAL,
  ],
  advice: [
    {
      text: 'See who shares them',
      command: 'top -b -n 2 -d 5 -o %CPU | tail -n 25',
    },
    {
      text: 'Have fewer run at once: jobs of a build or a test runner, workers of a service, cron jobs that begin together; or add CPUs',
    },
    {
      text: 'Give the units that must not wait a larger share',
      command: 'systemctl set-property --runtime UNIT CPUWeight=500',
      risk: 'all others are slowed for as long as it wants to run',
    },
  ],
};
