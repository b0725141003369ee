// What a storm of SEEK_HOLE takes untraced, under the naive one-liner, and with every step counted by tracepoint and by
// fentry. One line of JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mountedXfs } from './mounts.mjs';
import { recordWhile } from './session.mjs';
import { prepare, workload } from './work.mjs';

const EXTENTS = 28_495;
const SEARCHES = 40;
const ROUNDS = 5;
const FILE = '/mnt/xfs/fragmented';
const NAIVE = 'BEGIN { printf("attached\\n") } tracepoint:iomap:iomap_iter { @[pid,comm]=count() }';
/** The newest there is, and the distribution's own. */
const bpftrace = () =>
  [
    ...readdirSync('/opt')
      .sort()
      .reverse()
      .map((name) => `/opt/${name}/bpftrace`),
    '/usr/bin/bpftrace',
  ].find((path) => existsSync(path));

const storms = async () => {
  const runs = [];
  for (let round = 0; round < ROUNDS; round += 1) runs.push(await workload('seek-holes', FILE, SEARCHES));
  return runs;
};
const msOf = (runs) => runs.map(({ wallNs }) => wallNs / 1e6);

const naively = async () => {
  const child = spawn(bpftrace(), ['-e', NAIVE], { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), closed]);
  child.stdout.resume();
  const runs = await storms();
  child.kill('SIGINT');
  await closed;
  return runs;
};

const counted = async (variant) => {
  let runs = [];
  const args = ['--probe', 'iomap', '--variant', `iomap=${variant}`];
  const seen = await recordWhile(bpftrace(), args, async () => {
    runs = await storms();
  });
  const steps = runs.map(({ pid }) => seen.of(pid, 'iomap.iter'));
  const exact = SEARCHES * (EXTENTS + 1);
  return {
    ms: msOf(runs),
    steps: steps.every((count) => count === exact) ? 'all, exactly' : steps.join(', '),
  };
};

try {
  mountedXfs();
  prepare('perl', '/tool/workloads/fragment.pl', FILE, String(EXTENTS));
  // The first reads the extents.
  await workload('seek-holes', FILE, 1);
  const runs = [
    { title: 'no tracing', ms: msOf(await storms()) },
    { title: 'naive one-liner', ms: msOf(await naively()) },
    { title: '`iomap/tracepoint`', ...(await counted('tracepoint')) },
    { title: '`iomap/fentry`', ...(await counted('fentry')) },
    { title: 'no tracing, again: what is noise', ms: msOf(await storms()) },
  ];
  process.stdout.write(`${JSON.stringify({ fentry: { runs, searches: SEARCHES, extents: EXTENTS } })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ fentry: { failed: error.message } })}\n`);
}
process.stdout.write('{"finished":true}\n');
