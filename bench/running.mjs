// What watching costs while 500 processes are active: the tool full screen at its default interval, beside htop, btop
// and atop on terminals of the same size, and bpftrace alone with the same script. CPU is of one core; kernel work that the probes
// add to the watched processes is theirs, and the same in both tracing columns.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, costOver, launcher, sleep, startOnTerminal, workload } from './measure.mjs';
import { program, startBpftrace } from './tracer.mjs';

const PROCESSES = 500;
const WARM_UP_MS = 5_000;
const WATCH_MS = 20_000;
const INTERVAL_MS = 1_000;

/** `stream` is what bpftrace printed in `streamSeconds` under this load. */
export const measureRunning = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-bench-'));
  const load = startLoad(dir);
  try {
    await sleep(WARM_UP_MS);
    const tool = await watchTool();
    const peers = [];
    for (const peer of PEERS) peers.push({ name: peer.name, cost: await watchPeer(peer) });
    const bpftrace = await watchBpftrace('ignore');
    const capture = join(dir, 'stream.ndjson');
    const output = openSync(capture, 'w');
    await watchBpftrace(output);
    closeSync(output);
    const stream = readFileSync(capture);
    return { processes: PROCESSES, seconds: WATCH_MS / 1000, ...tool, peers, bpftrace, stream };
  } finally {
    process.kill(-load.pid, 'SIGKILL');
    await sleep(200);
    rmSync(dir, { recursive: true, force: true });
  }
};

/** Half of them create, rename and remove three files a second, half look for holes five times a second. */
const startLoad = (dir) => {
  const target = join(dir, 'target');
  writeFileSync(target, 'x'.repeat(65_536));
  const half = String(PROCESSES / 2);
  const fanOut = `"$0" ${half} perl "$1" "$3" 100000@3 & "$0" ${half} perl "$2" "$4" 100000@5 & wait`;
  return spawn(
    'sh',
    ['-c', fanOut, workload('fan-out.sh'), workload('churn.pl'), workload('seek-holes.pl'), dir, target],
    { detached: true, stdio: 'ignore' },
  );
};

/** Without a budget: under this load a probe would step down, and another tracer be measured. */
const watchTool = async () => {
  const screen = startOnTerminal(process.execPath, [launcher, 'live', '--budget', 'off']);
  await screen.shows(/perl/);
  await sleep(WARM_UP_MS);
  const [tracerPid] = childrenOf(screen.pid);
  const [own, tracer] = await Promise.all([costOver(screen.pid, WATCH_MS), costOver(tracerPid, WATCH_MS)]);
  const shown = screen.text();
  await screen.end('q');
  return { own, tracer, shown };
};

/** Each at one second, as a user starts it. */
const PEERS = [
  { name: 'htop', args: ['-d', String(INTERVAL_MS / 100)], shows: /perl/ },
  { name: 'btop', args: [], shows: /perl/ },
  { name: 'atop', args: [String(INTERVAL_MS / 1000)], shows: /perl/ },
];

/** null where it is not installed, or shows no process within its time. */
const watchPeer = async ({ name, args, shows }) => {
  if (spawnSync(name, ['--version']).error !== undefined) return null;
  const screen = startOnTerminal(name, args);
  try {
    await screen.shows(shows);
    await sleep(WARM_UP_MS);
    return await costOver(screen.pid, WATCH_MS);
  } catch {
    return null;
  } finally {
    await screen.end('q');
  }
};

const watchBpftrace = async (output) => {
  const bpftrace = startBpftrace(program(INTERVAL_MS).script, output);
  await bpftrace.attachedMs;
  await sleep(WARM_UP_MS);
  const cost = await costOver(bpftrace.pid, WATCH_MS);
  await bpftrace.end();
  return cost;
};
