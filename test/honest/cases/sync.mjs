// Calls that wait until data is on the disk, a known number of times each; how many and how long each process knows itself.
import { ext4 } from '../fs/ext4.mjs';
import { btrfs, overlay, tmpfs } from '../fs/others.mjs';
import { xfs } from '../fs/xfs.mjs';
import { exactly, family, process, timeWithin } from './claims.mjs';
import { eachCall } from './each-call.mjs';

const TIMES = 23;
const CALLS = [
  'fsync',
  'fdatasync',
  'msync',
  'sync_file_range',
  'syncfs',
  'sync',
  'refused',
  'threads',
  'none',
];
const URING = ['uring-fsync', 'uring-range'];

const ROWS = [
  { id: 'every call, ext4', place: ext4, calls: CALLS, part: 'ci' },
  { id: 'every call, xfs', place: xfs, calls: CALLS },
  { id: 'every call, tmpfs', place: tmpfs, calls: CALLS, part: 'ci' },
  { id: 'every call, btrfs', place: btrfs, calls: CALLS },
  { id: 'every call, overlayfs on xfs', place: (root) => overlay(xfs(root)).dir, calls: CALLS },
  { id: 'io_uring', place: ext4, calls: URING, part: 'ci' },
  { id: 'short-lived children', place: ext4, calls: ['children'], times: 100, part: 'ci' },
  { id: 'a slow file system', place: tmpfs, calls: ['slow'], ms: 20, part: 'ci' },
  { id: 'without times', place: tmpfs, calls: CALLS, variant: 'calls' },
  { id: 'a storm', place: tmpfs, calls: ['fsync'], times: 300_000, storm: true },
];

const prepare = (row) => (stage) => ({ dir: row.place(stage.root) });

const commandOf =
  (row, call) =>
  ({ programs }, { dir }) => [programs.syncs, dir, call, String(row.times ?? TIMES), String(row.ms ?? 0)];

const work = (row) => eachCall(row.calls, (call) => commandOf(row, call), claimsOf);

const claimsOf = (name, account) => {
  const { children } = account;
  const who = children.length > 0 ? family(name, account) : process(name, account);
  const sum = (what) => children.reduce((total, child) => total + child[what], account[what]);
  const calls = sum('calls');
  return [
    exactly('sync.calls', who, calls, 'its own account'),
    exactly('sync.whole', who, sum('whole'), 'its own account'),
    exactly('sync.errors', who, sum('errors'), 'its own account'),
    timeWithin('sync.ns', who, sum('ns'), calls),
    // Of several processes the longest of each are added up.
    timeWithin('sync.max_ns', who, sum('max_ns'), calls),
  ];
};

export const sync = ROWS.map((row) => ({
  id: `sync ${row.id}`,
  probes: 'sync',
  part: row.part,
  ...(row.variant === undefined ? {} : { args: ['--variant', `sync=${row.variant}`] }),
  budgets: row.storm ? ['off', 'default'] : ['off'],
  prepare: prepare(row),
  work: work(row),
  ...(row.storm ? { storm: { by: 'ns', command: commandOf(row, 'fsync') } } : {}),
}));
