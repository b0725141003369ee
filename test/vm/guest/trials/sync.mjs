// Every way to ask for data to be on the disk, by a program that counts and times its own calls.
import { existsSync } from 'node:fs';
import { exactly, impossible, timeBetween } from '../claims.mjs';
import { run } from '../work.mjs';

const PROGRAM = '/tool/workloads/syncs';
const DIRECTORY = '/var/tmp';
const TIMES = 23;
const WAYS = ['fsync', 'fdatasync', 'msync', 'sync_file_range', 'syncfs', 'sync', 'refused', 'threads'];

const ask = async (way) => {
  const { stdout } = await run(PROGRAM, DIRECTORY, way, String(TIMES));
  return { way, ...JSON.parse(stdout.trim().split('\n').at(-1)) };
};

export const sync = {
  probe: 'sync',
  work: async () => {
    if (!existsSync(PROGRAM)) return null;
    const accounts = [];
    for (const way of WAYS) accounts.push(await ask(way));
    return accounts;
  },
  claims: ({ work, seen }) => {
    if (work === null) return [impossible('all', 'this host had no C compiler for the workload')];
    return work.flatMap(({ way, pid, calls, whole, errors, ns, max_ns }) => [
      exactly('calls', calls, seen.of(pid, 'sync.calls'), way),
      exactly('whole', whole, seen.of(pid, 'sync.whole'), way),
      ...(seen.counts('sync.errors') ? [exactly('errors', errors, seen.of(pid, 'sync.errors'), way)] : []),
      ...(seen.counts('sync.ns') ? timesOf(way, seen, pid, ns, max_ns) : []),
    ]);
  },
};

const timesOf = (way, seen, pid, ns, maxNs) => [
  timeBetween('ns', 1, ns, seen.of(pid, 'sync.ns'), `${way}, to its own clock`),
  timeBetween('max_ns', 1, maxNs, seen.of(pid, 'sync.max_ns'), `${way}, to its own clock`),
];
