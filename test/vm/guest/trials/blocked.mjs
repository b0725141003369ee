// Uninterruptible sleep in vfork, of one thread and of four, for times that the program itself measures.
import { existsSync } from 'node:fs';
import { between, impossible, timeBetween } from '../claims.mjs';
import { run } from '../work.mjs';

const PROGRAM = '/tool/workloads/blocked';
const WAITS = 23;
const WAIT_MS = 50;
const THREADS = 4;

const sleep = async (threads) => {
  const { stdout } = await run(PROGRAM, String(WAITS), String(WAIT_MS), String(threads));
  const { pid, wallNs, waits } = JSON.parse(stdout);
  return { pid, least: threads * WAITS, most: waits, wallNs };
};

export const blocked = {
  probe: 'blocked',
  work: async () => {
    if (!existsSync(PROGRAM)) return null;
    // Once before, so that the program comes from the cache: reading it is a wait too.
    await sleep(1);
    return { one: await sleep(1), four: await sleep(THREADS) };
  },
  claims: ({ work, seen }) => {
    if (work === null) return [impossible('all', 'this host had no C compiler for the workload')];
    const { one, four } = work;
    const of = ({ pid }, name) => seen.of(pid, `blocked.${name}`);
    const leastNs = WAIT_MS * 1e6;
    return [
      between('count', one.least, one.most, of(one, 'count'), 'vforks, to all waits by getrusage'),
      timeBetween('ns', WAITS * leastNs, one.wallNs, of(one, 'ns'), 'sleep of its children to its own clock'),
      timeBetween('max_ns', leastNs, one.wallNs, of(one, 'max_ns'), 'one sleep to all of them'),
      // Threads of one process wait for its memory map too.
      between('count', four.least, four.most, of(four, 'count'), 'the same in 4 threads'),
      timeBetween('ns', four.least * leastNs, 1.1 * four.wallNs, of(four, 'ns'), 'the same in 4 threads'),
    ];
  },
};
