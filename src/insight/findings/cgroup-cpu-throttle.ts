/**
 * A control group used up the CPU time it may use, and its threads are held back until the next period, whatever the
 * machine could give them. A quota that is hit now and then for a few ms costs nobody anything.
 */
import type { Signature } from './signature.ts';

export const cgroupCpuThrottle: Signature = {
  id: 'cgroup-cpu-throttle',
  title: 'CPU quota: a control group has used up its CPU time, and its threads must wait for the next period',
  severity: 'medium',
  cgroups: { doers: ['proc.cpu_ms'] },
  anchor: { metric: 'cgroup.throttled_us', least: 5e4 },
  togetherTicks: 3,
  lastsTicks: 5,
  victims: { metric: 'proc.cpu_wait_ns', least: 5e7 },
  conditions: [
    {
      id: 'throttled',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'cgroup.throttled_us' },
      least: 1e5,
      unit: 'us',
      what: 'time it was held back, summed over the CPUs, per second',
    },
    {
      id: 'periods',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'cgroup.throttled_periods', per: 'cgroup.periods' },
      least: 0.2,
      unit: 'count',
      what: 'of its quota periods were used up',
    },
    {
      id: 'quota',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'level', metric: 'cgroup.cpu_quota' },
      least: 0,
      unit: 'percent',
      what: 'of one CPU is its quota',
    },
    {
      // Of those in it, the one that waited most; what it waited for beside its quota is in it too.
      id: 'waits',
      scope: 'others',
      need: 'optional',
      measure: { kind: 'rate', metric: 'proc.cpu_wait_ns' },
      least: 5e7,
      unit: 'ns',
      what: 'time its processes waited for a CPU, per second',
    },
  ],
  advice: [
    {
      text: 'Raise its quota, if the machine has CPU time to spare',
      when: ['unit', 'quota-v2'],
      command: 'systemctl set-property --runtime {unit} CPUQuota={moreQuota}%',
      risk: 'what it uses more is missing to others when they want it; undo: CPUQuota={quota}%',
    },
    {
      text: 'Raise its quota, if the machine has CPU time to spare',
      when: ['no-unit', 'quota-v2'],
      command: 'echo "$(({moreQuota} * 1000)) 100000" > {quotaFile}',
      risk: 'what it uses more is missing to others when they want it; undo: echo "$(({quota} * 1000)) 100000"',
    },
    {
      text: 'Raise its quota, if the machine has CPU time to spare',
      when: ['quota-v1'],
      command: 'echo $(($(cat {periodFile}) * {moreQuota} / 100)) > {quotaFile}',
      risk: 'what it uses more is missing to others when they want it; undo: the same with {quota}',
    },
    {
      text: 'For good, raise it where container {container} is defined (resources.limits.cpu, docker update --cpus): its runtime may set it back',
      when: ['container'],
    },
    {
      text: 'Give it as many threads as its quota has CPUs (GOMAXPROCS, -XX:ActiveProcessorCount): more threads use it up at the start of a period, and all wait for its end',
    },
    {
      text: 'Or see what it does with the time',
      command: 'perf top -p {pid}',
      risk: 'sampling costs it a few per cent of its quota',
    },
  ],
};
