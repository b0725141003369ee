import { wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, presentIn } from './source.ts';

const METRICS: readonly HostMetric[] = [
  {
    id: 'cpu.busy_ms',
    kind: 'counter',
    unit: 'ms',
    label: 'cpu busy',
    help: 'Time all CPUs spent running anything: user, nice, system, irq, softirq, steal of /proc/stat.',
  },
  {
    id: 'cpu.iowait_ms',
    kind: 'counter',
    unit: 'ms',
    label: 'cpu iowait',
    help: 'Idle time of all CPUs with a task of theirs waiting for I/O: iowait of /proc/stat.',
  },
  {
    id: 'cpu.steal_ms',
    kind: 'counter',
    unit: 'ms',
    label: 'cpu steal',
    help: 'Time CPUs of this virtual machine were ready to run and the hypervisor ran something else: steal of /proc/stat.',
  },
  {
    id: 'tasks.running',
    kind: 'gauge',
    unit: 'count',
    label: 'tasks running',
    help: 'Runnable tasks: procs_running of /proc/stat.',
  },
  {
    id: 'tasks.blocked',
    kind: 'gauge',
    unit: 'count',
    label: 'tasks blocked',
    help: 'Tasks waiting for I/O, not those waiting for a lock: procs_blocked of /proc/stat.',
  },
  {
    id: 'tasks.forked',
    kind: 'counter',
    unit: 'count',
    label: 'forks',
    help: 'Processes and threads created: processes of /proc/stat.',
  },
  {
    id: 'tasks.switches',
    kind: 'counter',
    unit: 'count',
    label: 'switches',
    help: 'Context switches of all CPUs: ctxt of /proc/stat.',
  },
];

/** The kernel shows times to user space in 1/100 s whatever its own tick (USER_HZ). */
const MS_PER_TICK = 10;
const BUSY_COLUMNS = [0, 1, 2, 5, 6, 7];
const IOWAIT_COLUMN = 4;
const STEAL_COLUMN = 7;
const SINGLE: Readonly<Record<string, string>> = {
  procs_running: 'tasks.running',
  procs_blocked: 'tasks.blocked',
  processes: 'tasks.forked',
  ctxt: 'tasks.switches',
};

export const parseStat = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const single = /^(procs_running|procs_blocked|processes|ctxt) (\d+)$/.exec(line);
    const id = SINGLE[single?.[1] ?? ''];
    if (id !== undefined) values[id] = Number(single?.[2]);
    const ticks = /^cpu +(\d+(?: \d+)*)$/.exec(line)?.[1]?.split(' ').map(Number);
    if (ticks === undefined) continue;
    values['cpu.busy_ms'] = MS_PER_TICK * BUSY_COLUMNS.reduce((sum, column) => sum + (ticks[column] ?? 0), 0);
    values['cpu.iowait_ms'] = MS_PER_TICK * (ticks[IOWAIT_COLUMN] ?? 0);
    values['cpu.steal_ms'] = MS_PER_TICK * (ticks[STEAL_COLUMN] ?? 0);
  }
  return values;
};

export const stat: HostSource = {
  path: '/proc/stat',
  parse: parseStat,
  describe: presentIn(METRICS),
};
