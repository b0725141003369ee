/**
 * Many threads are blocked in one function of the kernel, for longer than a sample, and not for block I/O: they wait for a
 * lock, or for whatever another is to do. Who holds it up does not show in any of them, and nobody is accused.
 */
import type { Signature } from './signature.ts';

export const lockPileUp: Signature = {
  id: 'lock-pile-up',
  title: 'Pile-up: many threads are blocked in one place of the kernel, and not for a disk',
  severity: 'high',
  // There one waits for the writing that one asked for, which a thread of the kernel does.
  places: {
    kind: 'channel',
    except: [
      'jbd2_log_wait_commit',
      'xlog_wait_on_iclog',
      'xfs_log_force_seq',
      'xfs_log_force_lsn',
      'wait_for_commit',
      'wb_wait_for_completion',
    ],
  },
  nobody: 'who holds up those that wait there is not known',
  anchor: { metric: 'waits.ns', least: 2e9 },
  togetherTicks: 2,
  lastsTicks: 5,
  victims: { metric: 'blocked.ns', least: 3e8 },
  conditions: [
    {
      id: 'threads',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'level', metric: 'waits.threads' },
      least: 8,
      unit: 'count',
      what: 'threads wait there, at the last reading',
    },
    {
      // Of at most eight processes: more are not listed.
      id: 'time',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'waits.ns' },
      least: 4e9,
      unit: 'ns',
      what: 'in uninterruptible sleep, of the processes listed there, per second',
    },
    {
      id: 'other',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'waits.io_ns', per: 'waits.ns' },
      most: 0.1,
      unit: 'count',
      what: 'of that for block I/O',
    },
  ],
  advice: [
    {
      text: 'They write to a file system that is frozen, by a snapshot or a backup: thaw it, if that has ended or hangs',
      when: ['frozen'],
      command: 'fsfreeze --unfreeze MOUNT',
      risk: 'a snapshot that is being made of it may not be consistent',
    },
    {
      text: 'See how they got there',
      when: ['waiter'],
      command: 'cat /proc/{waiter}/stack',
    },
    {
      text: 'Look for the one that is blocked elsewhere, or runs, with the same file system or memory map in its stack: it holds them up',
      command: 'echo w > /proc/sysrq-trigger; dmesg | tail -n 300',
      risk: 'the stacks of all blocked tasks go to the kernel log and the console; a slow serial console holds up the machine meanwhile',
    },
    {
      text: 'Once it is known: end the holder, or have fewer threads work in one directory, file or address space',
    },
  ],
};
