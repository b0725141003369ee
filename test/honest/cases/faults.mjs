// Reads and writes of known pages, in every way that brings them in. The kernel's own account of the process is the
// witness: getrusage, /proc/PID/io; and perf for the pages that entered the cache.
import { join } from 'node:path';
import { ext4 } from '../fs/ext4.mjs';
import { btrfs, overlay, tmpfs } from '../fs/others.mjs';
import { xfs } from '../fs/xfs.mjs';
import { must } from '../here.mjs';
import { ADDED, addedPages } from '../witness.mjs';
import { between, exactly, family, process } from './claims.mjs';

const PAGES = 4_096;
/** What a process that syncs may have to write beside its data: that is in no account of it. */
const LOG_BYTES = 2 ** 20;

const WAYS = [
  'read',
  'touch',
  'populate',
  'remote',
  'from-mapping',
  'direct-read',
  'direct-write',
  'uring-read',
];
const SOME = ['read', 'touch', 'direct-read', 'direct-write'];

const ROWS = [
  { id: 'every way, xfs', place: xfs, ways: WAYS, part: 'ci' },
  { id: 'every way, ext4', place: ext4, ways: WAYS },
  { id: 'some ways, btrfs', place: btrfs, ways: SOME },
  { id: 'some ways, overlayfs on ext4', place: (root) => overlay(ext4(root)), ways: SOME },
  { id: 'buffered writes, xfs', place: xfs, ways: ['buffered-write'] },
  { id: 'tmpfs', place: tmpfs, ways: ['buffered-write', 'read'] },
  { id: 'short-lived children', place: xfs, ways: ['children'], part: 'ci' },
  { id: 'short-lived children, all probes', place: xfs, ways: ['children'], probes: 'all' },
];

const prepare = (row) => (stage) => {
  const place = row.place(stage.root);
  const { lower, dir } = typeof place === 'string' ? { lower: place, dir: place } : place;
  for (const name of ['file', 'other']) must(stage.programs.lay, join(lower, name), 'whole', String(PAGES));
  return { dir, isOnDisk: row.place !== tmpfs };
};

const command = ({ programs }, { dir }, way, name = 'file') => [
  programs.io,
  join(dir, name),
  way,
  String(PAGES),
];

const work = (row) => async (stage, context) => {
  const stranger = await stage.beside([command(stage, context, 'until', 'other')], { events: ADDED });
  const claims = [];
  for (const way of row.ways) {
    const account = await stage.start(command(stage, context, way), { events: ADDED }).ended;
    claims.push(...claimsOf(way, account, context));
  }
  const [other] = await stranger.stop();
  return [...claims, ...claimsOf('stranger', other, context)];
};

const claimsOf = (name, account, { isOnDisk }) => {
  const { children, witness } = account;
  const who = children.length > 0 ? family(name, account) : process(name, account);
  const sum = (metric) => children.reduce((total, child) => total + child[metric], account[metric]);
  const added = addedPages(witness);
  return [
    exactly('faults.major', who, sum('major'), 'getrusage'),
    exactly('proc.major_faults', who, sum('major'), 'getrusage'),
    between('proc.minor_faults', who, sum('minor'), sum('minor') + 64, 'getrusage, and its end'),
    // A parent's account holds those of the children it has waited for.
    exactly('faults.read_bytes', who, account.read_bytes, '/proc/PID/io'),
    // What is written through the cache may be queued by whoever writes it back.
    between(
      'faults.write_bytes',
      who,
      name === 'direct-write' ? PAGES * 4096 : 0,
      isOnDisk ? account.write_bytes + LOG_BYTES : 0,
      "/proc/PID/io, and the file system's log",
    ),
    ...(added === null ? [] : [exactly('faults.page_cache_added', who, added, 'perf')]),
  ];
};

export const faults = ROWS.map((row) => ({
  id: `faults ${row.id}`,
  probes: row.probes ?? 'faults',
  part: row.part,
  budgets: ['off'],
  prepare: prepare(row),
  work: work(row),
}));
