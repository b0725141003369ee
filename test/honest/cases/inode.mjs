// Files made, removed and renamed through every entry point of the kernel, a known number of times each; what each
// process made it knows itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program32 } from '../actors.mjs';
import { ext4 } from '../fs/ext4.mjs';
import { btrfs, overlay, tmpfs } from '../fs/others.mjs';
import { xfs } from '../fs/xfs.mjs';
import { exactly, family, process, timeWithin } from './claims.mjs';
import { eachCall } from './each-call.mjs';

const TIMES = 23;

const BY_NAME = [
  'open',
  'creat',
  'openat',
  'openat2',
  'mkdir',
  'mkdirat',
  'mknod',
  'mknodat',
  'device',
  'fifo',
];
const BY_LINK = ['symlink', 'symlinkat', 'link', 'linkat', 'bind', 'tmpfile'];
const BY_RENAME = ['rename', 'renameat2', 'noreplace', 'exchange', 'refused', 'existing'];
const CALLS = [...BY_NAME, ...BY_LINK, ...BY_RENAME];
const URING = ['uring-openat', 'uring-mkdirat', 'uring-symlinkat', 'uring-linkat', 'uring-renameat'];
/** By a program of 32 bits. */
const NARROW = ['narrow-open', 'narrow-mkdir', 'narrow-rename'];
/** What file systems have of their own to say on: overlayfs makes files on others, tmpfs on none. */
const SOME = ['openat', 'mkdir', 'fifo', 'symlink', 'link', 'exchange', 'rename', 'tmpfile'];

/** In pages that are not in memory when the call begins. */
const COLD = ['openat2-cold', 'bind-cold'];

const ROWS = [
  { id: 'every system call, ext4', place: ext4, calls: CALLS, part: 'ci' },
  { id: 'some system calls, xfs', place: xfs, calls: SOME },
  { id: 'some system calls, tmpfs', place: tmpfs, calls: SOME, part: 'ci' },
  { id: 'some system calls, btrfs', place: btrfs, calls: SOME },
  { id: 'some system calls, overlayfs on xfs', place: (root) => overlay(xfs(root)).dir, calls: SOME },
  { id: 'an argument not in memory', place: tmpfs, calls: COLD, part: 'ci' },
  { id: 'an argument not in memory, without types', place: tmpfs, calls: COLD, variant: 'flags' },
  { id: 'without times', place: tmpfs, calls: [...SOME, 'bind', ...COLD], variant: 'counts' },
  {
    id: 'calls when they begin',
    place: tmpfs,
    calls: [...SOME, 'bind', 'refused', ...COLD],
    variant: 'calls',
  },
  { id: 'one call in eight', place: tmpfs, calls: [...SOME, 'bind'], times: 500, variant: 'sampled' },
  { id: 'rubbish in upper halves', place: tmpfs, calls: ['openat-garbage'], part: 'ci' },
  { id: 'io_uring', place: ext4, calls: URING, part: 'ci' },
  { id: 'a 32-bit caller', place: tmpfs, calls: NARROW },
  { id: 'short-lived children', place: tmpfs, calls: ['children'], times: 100, part: 'ci' },
  { id: 'a storm', place: tmpfs, calls: ['openat'], times: 100_000, storm: true },
];

const prepare = (row) => (stage) => {
  const dir = row.place(stage.root);
  writeFileSync(join(dir, 'one'), '');
  return { dir };
};

const commandOf =
  (row, call) =>
  ({ programs }, { dir }) => {
    const [, narrow] = /^narrow-(.*)/.exec(call) ?? [];
    const program = narrow === undefined ? programs.files : program32(programs);
    return [program, dir, narrow ?? call, String(row.times ?? TIMES)];
  };

const work = (row) =>
  eachCall(row.calls, (call) => commandOf(call === 'until' ? { times: 0 } : row, call), claimsOf);

const claimsOf = (name, account) => {
  const { children } = account;
  const who = children.length > 0 ? family(name, account) : process(name, account);
  const sum = (metric) => children.reduce((total, child) => total + child[metric], account[metric]);
  return ['create', 'unlink', 'rename'].flatMap((kind) => [
    exactly(`inode.${kind}`, who, sum(kind), 'its own account'),
    // No call removes an anonymous file: it takes no time of its own.
    timeWithin(
      `inode.${kind}_ns`,
      who,
      sum(`${kind}_ns`),
      name === 'tmpfile' && kind === 'unlink' ? 0 : sum(kind),
    ),
  ]);
};

export const inode = ROWS.map((row) => ({
  id: `inode ${row.id}`,
  probes: 'inode',
  part: row.part,
  ...(row.variant === undefined ? {} : { args: ['--variant', `inode=${row.variant}`] }),
  budgets: row.storm ? ['off', 'default'] : ['off'],
  prepare: prepare(row),
  work: work(row),
  ...(row.storm ? { storm: { by: 'create_ns', command: commandOf(row, 'openat') } } : {}),
}));
