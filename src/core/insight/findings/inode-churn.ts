/** Lock and spool files made and removed at a rate at which the file system's own locks are the bottleneck. */
import type { Signature } from './signature.ts';

export const inodeChurn: Signature = {
  id: 'inode-churn',
  title: 'Inode churn: files are created and removed so fast that others queue behind it',
  severity: 'medium',
  anchor: { metric: 'inode.create', least: 20 },
  togetherTicks: 5,
  lastsTicks: 8,
  victims: { metric: 'inode.create_ns', least: 5e7 },
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
      id: 'lasting',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'inode.unlink', per: 'inode.create' },
      least: 0.3,
      most: 3,
      unit: 'count',
      what: 'removed per created: the files do not last',
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
      text: 'Lock with fcntl or flock instead of lock files, or keep lock files on tmpfs',
      command: 'mount -t tmpfs none /path/of/locks',
      risk: 'what is on tmpfs is gone after a restart',
    },
    {
      text: 'Spread the files over several directories or file systems: the bitmaps of each are changed under one lock',
    },
    { text: 'Prove it: the time to create and remove one file', command: 'time sh -c ": > DIR/x; rm DIR/x"' },
  ],
};
