/**
 * One process, or a few of a kind, keep the CPUs busy, and others that are ready to run wait for their turn. A busy CPU is
 * no failure in itself: somebody else must wait, and neither the hypervisor nor a swarm of short processes must be what
 * takes the time.
 */
import type { Signature } from './signature.ts';

export const cpuContention: Signature = {
  id: 'cpu-contention',
  title: 'CPU contention: the CPUs are kept busy, and others that are ready to run wait for their turn',
  severity: 'medium',
  isGeneral: true,
  anchor: { metric: 'proc.cpu_ms', least: 300 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'proc.cpu_wait_ns', least: 1e8 },
  conditions: [
    {
      id: 'cpu',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'proc.cpu_ms' },
      least: 0.15,
      ofAll: 'cpus',
      unit: 'ms',
      what: 'CPU time it takes, per second',
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
      scope: 'others',
      need: 'required',
      measure: { kind: 'rate', metric: 'proc.cpu_wait_ns' },
      least: 2e8,
      unit: 'ns',
      what: 'time others waited for a CPU, per second',
    },
    {
      // Threads that a quota of their cgroup holds back wait as well, on a machine with CPUs to spare.
      id: 'busy',
      scope: 'host',
      need: 'required',
      measure: { kind: 'rate', metric: 'cpu.busy_ms' },
      least: 0.85,
      ofAll: 'cpus',
      unit: 'ms',
      what: 'CPU time in use, per second',
    },
    {
      id: 'swarm',
      scope: 'others',
      need: 'forbidden',
      measure: { kind: 'rate', metric: 'proc.child_cpu_ms' },
      least: 0.3,
      ofAll: 'cpus',
      unit: 'ms',
      what: 'CPU time of short processes of another, per second',
    },
    {
      id: 'steal',
      scope: 'host',
      need: 'forbidden',
      measure: { kind: 'rate', metric: 'cpu.steal_ms' },
      least: 0.2,
      ofAll: 'cpus',
      unit: 'ms',
      what: 'time the hypervisor took, per second',
    },
  ],
  advice: [
    {
      text: 'Let others go first; it goes on with what they leave',
      command: 'renice -n 19 -p $(ls /proc/{pid}/task)',
      risk: 'it takes longer, and only root can raise it again; between control groups niceness does not count, their weights do',
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
