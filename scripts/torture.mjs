// npm run torture [-- files|signals|churn] [-- --runs N] [--seed N] [--minutes N]: the long trials, one line per class. After each
// run its status, its
// message and what it left behind are checked; what failed is named by its seed, which makes the same again.
//
//     files    hostile recordings, 100 of each class (scripts/hostile.mjs): a small heap, numbers only, an answer or an error
//     signals  300 runs that get a signal at a random moment of any phase (root and bpftrace)
//     churn    an hour of 500, 2,000 and 8,000 short processes a second, or --seconds N of --rate N, with --beside N busy loops: what
//              `record` and `live` hold (--screens 80x24,200x50) stays what it is, and what the processes did is what is counted
//              (root and bpftrace); --comm asks for them by name, --vfork makes more of them with less
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from './fuzz-recordings.mjs';
import { CLASSES, hostileFile } from './hostile.mjs';
import { root } from './root.mjs';
import { churn } from './torture-churn.mjs';

const args = process.argv.slice(2);
const numberOf = (name, usual) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : usual);
const PARTS = ['files', 'signals', 'churn'];
const chosen = PARTS.filter((part) => args.includes(part));
const parts = chosen.length > 0 ? chosen : PARTS;
const firstSeed = numberOf('--seed', 1);

const LAUNCHER = join(root, 'bin', 'stallscope.js');
const HEAP_MIB = 200;
const folder = mkdtempSync(join(tmpdir(), 'torture-'));
const env = { ...process.env, NODE_OPTIONS: '', STATE_DIRECTORY: join(folder, 'state') };

let failures = 0;
const report = (name, runs, failed) => {
  failures += failed.length;
  const what = failed.length === 0 ? 'ok' : `FAILED: ${failed.slice(0, 3).join('; ')}`;
  process.stdout.write(`${name.padEnd(48)} ${String(runs).padStart(4)} runs  ${what}\n`);
};

/** What nobody should ever read. */
const looksBroken = (text) => /\n {4}at |Infinity|\bNaN\b|heap out of memory/.exec(text)?.[0] ?? null;

const readHostile = (name, seed) => {
  const file = join(folder, 'hostile.ndjson');
  writeFileSync(file, hostileFile(name, seed));
  const before = readdirSync(folder).length;
  const line = [`--max-old-space-size=${HEAP_MIB}`, LAUNCHER, 'summary', file, '--json'];
  const end = spawnSync(process.execPath, line, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env,
    timeout: 120_000,
  });
  const broken = looksBroken(end.stdout + end.stderr);
  if (broken !== null) return `it said ${broken.trim()}`;
  if (end.status !== 0 && end.status !== 5) return `status ${end.status ?? end.signal}`;
  if (end.status === 5 && !end.stderr.startsWith('stallscope: ')) return 'status 5 without a message';
  return readdirSync(folder).length === before ? null : 'a file was left';
};

const tortureFiles = (runs) => {
  for (const name of Object.keys(CLASSES)) {
    const failed = [];
    for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
      const why = readHostile(name, seed);
      if (why !== null) failed.push(`seed ${seed}: ${why}`);
    }
    report(`files: ${name}`, runs, failed);
  }
};

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 };
const PHASE_MS = 6_000;
const PATIENCE_MS = 40_000;
const PROBES = ['--probe', 'iomap,sync'];

/** Each goes on until it is asked to end, or for a few seconds. */
const COMMANDS = {
  record: (file) => ['record', '-o', file, ...PROBES],
  'record for a second': (file) => ['record', '-o', file, '-d', '1s', ...PROBES],
  'record of a command': (file) => ['record', '-o', file, ...PROBES, '--', 'sleep', '2'],
  live: () => ['live', '--json', ...PROBES],
};

const tracersOf = (pid) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`STALLSCOPE_OWNER=${pid}:`);
      } catch {
        return false;
      }
    });

const oneSignal = async (name, seed) => {
  const random = randomOf(seed);
  const signal = Object.keys(STATUS)[Math.floor(random() * 4)];
  const file = join(folder, 'signalled.ndjson');
  rmSync(file, { force: true });
  const child = spawn(process.execPath, [LAUNCHER, ...COMMANDS[name](file)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.on('close', (code, by) => resolve(code ?? 128 + by)));
  const atMs = Math.floor(random() * PHASE_MS);
  await Promise.race([delay(atMs, null, { ref: false }), ended]);
  child.kill(signal);
  const status = await Promise.race([ended, delay(PATIENCE_MS, null, { ref: false })]);
  const moment = `${signal} after ${atMs} ms`;
  if (status === null) {
    child.kill('SIGKILL');
    return `${moment}: it never ended`;
  }
  // Before Node hears signals the shell reports the signal itself; what had ended before has its own status.
  const isExpected = status === 0 || status === STATUS[signal] || String(status) === `128${signal}`;
  if (!isExpected) return `${moment}: status ${status}: ${said.slice(-200)}`;
  if (looksBroken(said) !== null) return `${moment}: ${said.slice(-200)}`;
  if (tracersOf(child.pid).length > 0) return `${moment}: a tracer was left`;
  if (!existsSync(file)) return null;
  const read = spawnSync(process.execPath, [LAUNCHER, 'summary', file, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env,
  });
  return read.status === 0 ? null : `${moment}: its recording cannot be read: ${read.stderr.slice(0, 200)}`;
};

const tortureSignals = async (runs) => {
  const names = Object.keys(COMMANDS);
  for (const [index, name] of names.entries()) {
    const share = Math.ceil((runs - index) / names.length);
    const failed = [];
    for (let round = 0; round < share; round += 1) {
      const seed = firstSeed + round * names.length + index;
      const why = await oneSignal(name, seed);
      if (why !== null) failed.push(`seed ${seed}: ${why}`);
    }
    report(`signals: ${name}`, share, failed);
  }
};

const RATES = [500, 2_000, 8_000];
const sizeOf = (words) => {
  const [cols, rows] = words.split('x').map(Number);
  return { cols, rows };
};

const tortureChurn = async (minutes) => {
  const screens = args.includes('--screens') ? args[args.indexOf('--screens') + 1] : '80x24,200x50';
  const seconds = numberOf('--seconds', minutes * 60);
  for (const rate of args.includes('--rate') ? [numberOf('--rate')] : RATES) {
    const made = { rate, seconds, forks: !args.includes('--vfork'), beside: numberOf('--beside', 0) };
    const parts = await churn({
      folder,
      env,
      made,
      comm: args.includes('--comm'),
      screens: screens
        .split(',')
        .filter((words) => words.includes('x'))
        .map(sizeOf),
    });
    for (const { name, why, seen } of parts) {
      report(`churn: ${rate} a second, ${seconds} s: ${name}`, 1, why === null ? [] : [why]);
      process.stdout.write(`  ${seen}\n`);
    }
  }
};

try {
  if (parts.includes('files')) tortureFiles(numberOf('--runs', 100));
  if (parts.includes('signals')) await tortureSignals(numberOf('--runs', 300));
  if (parts.includes('churn')) await tortureChurn(numberOf('--minutes', 60));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
