// npm run bench [-- PART…]: measures what the README claims, on this machine, prints one table of goals, and writes
// docs/bench.md. Parts: startup, running, keys, replay, scale; all of them without a name. The figures of the last run of each
// are kept in bench/last.json, and what they were before stands beside them. As root; some ten minutes, in which nothing else
// should run. The numbers are facts of one machine, and no test depends on them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GOAL_HEAD, goalRows } from './goals.mjs';
import { root } from './measure.mjs';
import { BY_HAND, pageOf } from './page.mjs';
import { PARTS } from './parts.mjs';

const KEPT = join(root, 'bench', 'last.json');
const PAGE = join(root, 'docs', 'bench.md');
const MEASURE = '--measure';

const main = async (words) => {
  const unknown = words.find((word) => PARTS[word] === undefined);
  if (unknown !== undefined) {
    console.error(`bench: there is no part "${unknown}": ${Object.keys(PARTS).join(', ')}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error('bench: tracing needs root: sudo npm run bench');
    return 3;
  }
  installPeers();
  const before = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, 'utf8')) : {};
  const kept = { ...before };
  const failed = [];
  for (const part of words.length > 0 ? words : Object.keys(PARTS)) {
    console.error(`bench: ${part}: ${PARTS[part].what}`);
    const figures = await measuredAlone(part);
    if (figures === null) failed.push(part);
    else kept[part] = { date: new Date().toISOString().slice(0, 10), machine: machine(), figures };
  }
  writeFileSync(KEPT, `${JSON.stringify(kept, null, 1)}\n`);
  const byHand = existsSync(PAGE) ? (readFileSync(PAGE, 'utf8').split(BY_HAND)[1] ?? '') : '';
  writeFileSync(PAGE, `${pageOf(kept, before).join('\n')}\n${BY_HAND}${byHand}`);
  console.log([GOAL_HEAD, ...goalRows(kept, before)].map((cells) => cells.join(' | ')).join('\n'));
  for (const part of failed) console.error(`bench: ${part} was not measured; what stands is of its last run`);
  return failed.length === 0 ? 0 : 1;
};

const installPeers = () => {
  if (spawnSync('htop', ['--version']).error === undefined) return;
  const words = ['install', '-y', '-qq', '--no-install-recommends', 'htop'];
  spawnSync('apt-get', words, { stdio: [0, 2, 2] });
};

const machine = () =>
  `Linux ${os.release()} ${os.arch()}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 20)} MiB, Node ${process.versions.node}, load average ${os.loadavg()[0].toFixed(1)}`;

/** null where it failed, or took longer than it may: it and all it started are ended then. */
const measuredAlone = async (part) => {
  const file = join(os.tmpdir(), `stallscope-bench-${process.pid}-${part}.json`);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), MEASURE, part, file], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const timer = setTimeout(() => {
    console.error(`bench: ${part} did not end within ${PARTS[part].limitMs / 1000} s`);
    process.kill(-child.pid, 'SIGKILL');
  }, PARTS[part].limitMs);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  try {
    return status === 0 ? JSON.parse(readFileSync(file, 'utf8')) : null;
  } finally {
    rmSync(file, { force: true });
  }
};

const [first, part, file] = process.argv.slice(2);
if (first === MEASURE) {
  writeFileSync(file, JSON.stringify(await PARTS[part].measure()));
  process.exit(0);
} else process.exitCode = await main(process.argv.slice(2));
