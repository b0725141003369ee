// Whether the tool survives what it is there to watch: all probes, as they come, in a guest with little memory, while the
// disk is read through the page cache again and again and a process holds what would be left. One line of JSON: what
// was expected and what came of it.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RECORDING, recordWhile } from './session.mjs';

const SECONDS = 90;
/** Of emulated time: a quarter of a second of a real machine. */
const INTERVAL_MS = 5_000;
const BPFTRACES = ['/usr/bin/bpftrace', '/opt/bookworm/bpftrace'];

/** Holds what is to be had but for a little, and touches it again and again; the kernel may end it first. */
const HOLD = `
import time
open('/proc/self/oom_score_adj', 'w').write('900')
free = int([line for line in open('/proc/meminfo') if line.startswith('MemAvailable')][0].split()[1]) * 1024
held = bytearray(max(0, free - 24 * 1048576))
while True:
    for at in range(0, len(held), 4096): held[at] = 1
    time.sleep(0.05)
`;
const READ = 'while true; do dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null; done';

const main = async () => {
  const bpftrace = BPFTRACES.find((path) => run(path));
  let memory = {};
  let pressure = {};
  let span = [0, 0];
  const summary = await recordWhile(bpftrace, ['--budget', '2%', '-i', `${INTERVAL_MS}ms`], async (tool) => {
    const before = vmstat();
    const fromUs = bootUs();
    const loads = [
      spawn('python3', ['-c', HOLD], { stdio: 'ignore', detached: true }),
      spawn('sh', ['-c', READ], { stdio: 'ignore', detached: true }),
    ];
    await delay(SECONDS * 1000);
    const after = vmstat();
    span = [fromUs, bootUs()];
    pressure = Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]));
    memory = { toolKiB: peakKiB(tool), tracerKiB: peakKiB(pidOf('bpftrace')) };
    for (const { pid } of loads) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // The kernel was first.
      }
    }
  });
  process.stdout.write(
    `${JSON.stringify({ survival: { ...memory, pressure, ...samples(span), lost: summary.lost } })}\n`,
  );
};

const run = (path) => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
};

const vmstat = () => {
  const text = readFileSync('/proc/vmstat', 'utf8');
  const sum = (name) =>
    [...text.matchAll(new RegExp(`^${name} (\\d+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    kswapdPages: sum('pgscan_kswapd'),
    directReclaims: sum('allocstall_\\w+'),
    majorFaults: sum('pgmajfault'),
    oomKills: sum('oom_kill'),
  };
};

const pidOf = (comm) =>
  readdirSync('/proc').find((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === comm;
    } catch {
      return false;
    }
  });

/** What it held at most; null when it is gone. */
const peakKiB = (pid) => {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
};

/** Never suspended, so the monotonic clock is the one of boot. */
const bootUs = () => Number(process.hrtime.bigint() / 1000n);

/** Of the time under pressure: how many samples there are, how many should be, how long the longest wait for one was. */
const samples = ([fromUs, untilUs]) => {
  const records = readFileSync(RECORDING, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const under = records.filter(
    (one) => one.type === 'sample' && one.bootUs >= fromUs && one.bootUs <= untilUs,
  );
  const times = [fromUs, ...under.map(({ bootUs: atUs }) => atUs), untilUs];
  return {
    expected: Math.floor((untilUs - fromUs) / 1000 / INTERVAL_MS),
    got: under.length,
    counted: under.filter(({ counted }) => counted).length,
    longestMs: Math.max(...times.slice(1).map((time, index) => time - times[index])) / 1000,
    gaps: records.filter(({ type }) => type === 'gap').map(({ reason }) => reason),
    losses: records.filter(({ type }) => type === 'loss').map(({ kind, count }) => `${kind} ${count}`),
    steps: records.filter(({ type, reason }) => type === 'probe' && reason !== undefined).map(({ id }) => id),
    isComplete: records.some(({ type }) => type === 'trailer'),
  };
};

try {
  await main();
} catch (error) {
  process.stdout.write(`${JSON.stringify({ survival: { failed: error.message } })}\n`);
}
process.stdout.write('{"finished":true}\n');
