/** Tasks that the kernel found waiting uninterruptibly for minutes, as its log has them. What they wait for is in the mark. */
import { logged } from './logged.ts';
import type { Signature } from './signature.ts';

const CONDITIONS = [logged('tasks', 'hung_tasks', 'tasks found waiting for longer than the kernel allows')];

export const hungTasks: Signature = {
  id: 'hung-tasks',
  title: 'Hung tasks: processes wait uninterruptibly for minutes',
  severity: 'high',
  // No probe counts it: the kernel does, and only its log says so.
  anchor: { metric: 'hung.tasks', least: 1e-8 },
  togetherTicks: 1,
  lastsTicks: 1,
  victims: null,
  conditions: CONDITIONS,
  logged: {
    titles: [{ text: 'Hung tasks: processes wait uninterruptibly for minutes (from the kernel log)' }],
    victims: 'klog.by.hung_tasks',
    conditions: CONDITIONS,
  },
  advice: [
    {
      text: 'Read what each of them waits in: who holds it may be among the others, or a device that does not answer',
      command: "dmesg -T | grep -A 25 'blocked for more than'",
    },
    {
      text: 'While it lasts, have the kernel write the stacks of all that wait',
      command: 'echo w > /proc/sysrq-trigger; dmesg | tail -200',
      risk: 'thousands of lines in the log of a busy host',
    },
  ],
};
