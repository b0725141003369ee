/**
 * Lock and spool files made and removed at a rate at which the file system's own locks can become the bottleneck. Names are
 * not counted, their number is: that as many go as come, all the time, is what churn is known by. What else makes these
 * metrics move is in docs/runbooks/inode-churn.md.
 */
import type { Signature } from './signature.ts';

export const inodeChurn: Signature = {
  id: 'inode-churn',
  title: 'Inode churn: files are created and removed at a high rate, one for one',
  titles: [
    {
      victims: true,
      text: 'Inode churn: files are created and removed at a high rate, and others wait milliseconds for theirs',
    },
  ],
  severity: 'medium',
  anchor: { metric: 'inode.create', least: 20 },
  togetherTicks: 5,
  lastsTicks: 8,
  beyondDoubt: {
    ticks: 3,
    least: { creates: 1_000, unlinks: 500, busy: 3e8 },
    inAll: { metric: 'inode.create', least: 3_000 },
  },
  // Who makes many files spends time on it; who waits for each of them queues.
  victims: { metric: 'inode.create_ns', least: 5e7, each: { per: 'inode.create', least: 1e6 } },
  conditions: [
    {
      id: 'creates',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'inode.create' },
      least: 100,
      unit: 'count',
      what: 'files created per second',
    },
    {
      id: 'unlinks',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'inode.unlink' },
      least: 50,
      unit: 'count',
      what: 'files removed per second',
    },
    {
      // What stays, as what a package or an archive brings, is created and not removed; what goes is removed and not
      // created again. A package over its older self has two names made for each removed (dpkg links the old one aside).
      id: 'lasting',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'inode.unlink', per: 'inode.create' },
      now: true,
      least: 0.7,
      most: 1.5,
      unit: 'count',
      what: 'removed per created: as many go as come',
    },
    {
      id: 'time',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'ratio', metric: 'inode.create_ns', per: 'inode.create' },
      least: 2e4,
      unit: 'ns',
      what: 'time per file created',
    },
    {
      id: 'busy',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'inode.create_ns' },
      least: 1e7,
      unit: 'ns',
      what: 'time spent creating, per second',
    },
    {
      id: 'renames',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'inode.rename' },
      least: 20,
      unit: 'count',
      what: 'files renamed per second',
    },
  ],
  advice: [
    {
      text: 'See which directory it is: the last files it made and removed',
      command:
        'timeout 2 strace -f -e trace=openat,unlink,unlinkat,rename,mkdir,mknod -p {pid} 2>&1 | tail -20',
      risk: 'strace stops the process at each of these calls: it is many times slower for those two seconds',
    },
    {
      text: 'Lock with fcntl or flock on one file that stays, instead of making and removing lock files',
    },
    {
      text: 'Spread the files over several directories or file systems: the bitmaps of each are changed under one lock',
    },
    {
      text: 'Locks and scratch files that need not outlive a restart can be made on tmpfs. Only with its users stopped: mounted over a directory in use it hides the locks that are held, two then hold the same one, and data can be damaged; all on it is gone after a restart',
    },
    {
      text: 'Check that others are affected: the time to create and remove one file there',
      command: 'time sh -c ": > DIR/stallscope-probe; rm DIR/stallscope-probe"',
    },
  ],
};
