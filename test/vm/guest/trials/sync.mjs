// Every way to ask for data to be on the disk, by a program that counts and times its own calls.
import { existsSync } from 'node:fs';
import { exactly, impossible, timeBetween } from '../claims.mjs';
import { run } from '../work.mjs';

const PROGRAM = '/tool/workloads/syncs';
const DIRECTORY = '/var/tmp';
const TIMES = 23;
const WAYS = ['fsync', 'fdatasync', 'msync', 'sync_file_range', 'syncfs', 'sync', 'refused', 'threads'];

/** Processes whose threads all count the first time at once, which is when a count was lost (src/probes/first-counts.ts). */
const CROWD = 20;

const ask = async (way, times = TIMES) => {
  const { stdout } = await run(PROGRAM, DIRECTORY, way, String(times));
  return { way, ...JSON.parse(stdout.trim().split('\n').at(-1)) };
};

export const sync = {
  probe: 'sync',
  work: async () => {
    if (!existsSync(PROGRAM)) return null;
    const accounts = [];
    for (const way of WAYS) accounts.push(await ask(way));
    const crowd = [];
    for (let process = 0; process < CROWD; process += 1) crowd.push(await ask('threads', 3));
    return { accounts, crowd };
  },
  claims: ({ work, seen }) => {
    if (work === null) return [impossible('all', 'this host had no C compiler for the workload')];
    const { accounts, crowd } = work;
    const all = (callsOf) => crowd.reduce((sum, one) => sum + callsOf(one), 0);
    const counted = all(({ pid }) => seen.of(pid, 'sync.calls'));
    const first = exactly(
      'calls',
      all(({ calls }) => calls),
      counted,
      `${CROWD} processes of threads`,
    );
    return accounts
      .flatMap(({ way, pid, calls, whole, errors, ns, max_ns }) => [
        exactly('calls', calls, seen.of(pid, 'sync.calls'), way),
        exactly('whole', whole, seen.of(pid, 'sync.whole'), way),
        ...(seen.counts('sync.errors') ? [exactly('errors', errors, seen.of(pid, 'sync.errors'), way)] : []),
        ...(seen.counts('sync.ns') ? timesOf(way, seen, pid, ns, max_ns) : []),
      ])
      .concat(first);
  },
};

const timesOf = (way, seen, pid, ns, maxNs) => [
  timeBetween('ns', 1, ns, seen.of(pid, 'sync.ns'), `${way}, to its own clock`),
  timeBetween('max_ns', 1, maxNs, seen.of(pid, 'sync.max_ns'), `${way}, to its own clock`),
];
