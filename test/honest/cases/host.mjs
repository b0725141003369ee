// The host's own metrics against the files they come from, read by other means: before and after the recording, and
// within it. What was reported must lie between the two.
import { join } from 'node:path';
import { xfs } from '../fs/xfs.mjs';
import { must } from '../here.mjs';
import { readHost } from '../host-files.mjs';
import { between, process } from './claims.mjs';

const MIB = 1024 ** 2;
/** Levels move between two readings. */
const SLACK = { KiB: 64 * 1024, pages: 16 * 1024, count: 64, bytes: 64 * MIB };
const LEVEL_EVERY_MS = 100;
/** Two samples at least, of them the last. */
const REST_MS = 2_500;

const reported = (summary, id) => ({ value: summary.host[id], mark: '=', bound: null, reason: '' });

const host = {
  id: 'host counters and levels of the machine',
  probes: 'faults',
  part: 'ci',
  alone: true,
  budgets: ['off'],
  prepare: ({ root, programs }) => {
    const file = join(xfs(root), 'file');
    must(programs.lay, file, 'whole', '4096');
    const seen = [];
    const look = setInterval(() => seen.push(readHost()), LEVEL_EVERY_MS);
    return { file, seen, look, before: readHost() };
  },
  work: async (stage, { file, seen, look, before }) => {
    const start = readHost();
    await stage.start([stage.programs.io, file, 'touch', '4096']).ended;
    await stage.start([stage.programs.files, stage.root, 'openat', '2000']).ended;
    await stage.start([stage.programs.seek, file, 'hole', 'children', '50']).ended;
    const end = readHost();
    await stage.sleep(REST_MS);
    return (summary) => {
      clearInterval(look);
      const after = readHost();
      return summary.metrics
        .filter(({ id, scope }) => scope === 'host' && id in summary.host && id in after)
        .map((metric) => claimOf(metric, { before, start, end, after, seen }, summary));
    };
  },
};

const claimOf = ({ id, kind, unit }, { before, start, end, after, seen }, summary) => {
  const who = { name: 'the machine', who: null };
  const claim =
    kind === 'counter'
      ? between(id, who, end[id] - start[id], after[id] - before[id], 'the same file, inside and around')
      : level(
          id,
          who,
          [before, ...seen, after].map((one) => one[id]),
          SLACK[unit] ?? 0,
        );
  return { ...claim, reported: reported(summary, id) };
};

const level = (id, who, values, slack) => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high && !/free$/.test(id)
    ? between(id, who, low, high, 'the same file')
    : between(id, who, Math.max(0, low - slack), high + slack, 'the same file, ten times a second');
};

const HELD_PAGES = 4_096;
/** Between the last sample and the account: its own report. */
const OWN_FAULTS = 64;
const OWN_BYTES = 256 * 1024;

const held = {
  id: 'proc memory held for some seconds',
  probes: 'inode',
  part: 'ci',
  budgets: ['off'],
  work: async (stage) => {
    const account = await stage.start([
      stage.programs.io,
      join(stage.root, 'new'),
      'hold',
      String(HELD_PAGES),
    ]).ended;
    const who = process('holder', account);
    const { rss, anon, minor, major } = account;
    return [
      between('proc.rss_bytes', who, rss - OWN_BYTES, rss, '/proc/self/status'),
      between('proc.anon_bytes', who, anon - OWN_BYTES, anon, '/proc/self/status'),
      between('proc.minor_faults', who, minor - OWN_FAULTS, minor + OWN_FAULTS, 'getrusage'),
      between('proc.major_faults', who, major, major, 'getrusage'),
    ];
  },
};

export const hostCases = [host, held];
