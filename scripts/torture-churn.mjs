// Processes that begin and end, thousands a second: what `record` and `live` hold must stay what it is, and what those
// processes did must be what is counted of them. Who makes them knows how many there were and what they did.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launcher, says, startOnTerminal, workload } from '../bench/measure.mjs';
import { heldBy, judged, spiedOn } from './torture-memory.mjs';

const SEARCHES = 'iomap.seek_hole';
/** Those who ended last are forgotten, too. */
const AFTER_MS = 5_000;
const TRACED = ['--budget', 'off', '--attach-timeout', '180s'];
const ATTACHED_MS = 180_000;
const STATUS_OF_SIGINT = 130;

/**
 * `record` and a `live` on each of the screens beside each other, while so many begin and end.
 *
 * @param made {rate, seconds, forks, beside}: processes a second, for how long; by fork; busy loops beside them
 * @param comm whether `record` is asked for them by name
 * @returns of each part {name, why, seen}: why it failed, or null; and what was seen
 */
export const churn = async ({ folder, env, made, comm, screens }) => {
  const [file, target, brief] = ['churn.ndjson', 'target', 'brief'].map((name) => join(folder, name));
  const heaps = join(folder, 'heaps');
  const spied = spiedOn(env, heaps);
  writeFileSync(target, 'x'.repeat(65_536));
  execFileSync('cc', ['-O2', '-o', brief, workload('brief.c')]);
  const loops = [];
  const tools = [];
  let storm = null;
  try {
    tools.push(startRecord(file, comm, spied), ...screens.map((size) => startLive(size, spied)));
    for (const tool of tools) await tool.ready;
    for (let loop = 0; loop < made.beside; loop += 1)
      loops.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
    const begunMs = performance.now();
    const words = [target, made.rate, made.seconds, ...(made.forks ? ['fork'] : [])].map(String);
    storm = spawn(brief, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const account = textOf(storm.stdout);
    // Who ends before is not waited for.
    await Promise.race([once(storm, 'close'), ...tools.map(({ ended }) => ended)]);
    await delay(AFTER_MS);
    const took = (performance.now() - begunMs) / 1000;
    const parts = [];
    for (const tool of tools) {
      const status = await tool.end();
      const isRight = status === tool.status;
      const held = heldBy(tool.pid, heaps);
      const { why, seen } = judged(held, (held.at(-1)?.atS ?? 0) - took);
      parts.push({ name: tool.name, why: isRight ? why : `status ${status}`, seen });
    }
    return [counted(JSON.parse(await account), summaryOf(file, env), made), ...parts];
  } finally {
    for (const child of [storm, ...loops]) child?.kill('SIGKILL');
    for (const tool of tools) tool.kill();
    for (const path of [file, heaps]) rmSync(path, { force: true, recursive: true });
  }
};

const startRecord = (file, comm, env) => {
  const words = ['record', '-o', file, '--force', ...TRACED, ...(comm ? ['--comm', 'brief'] : [])];
  const child = spawn(process.execPath, [launcher, ...words], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close').then(([status]) => status);
  return {
    name: 'record',
    status: STATUS_OF_SIGINT,
    pid: child.pid,
    ended,
    ready: orEnded(says(child.stderr, /stallscope: recording /), ended),
    end: () => {
      child.kill('SIGINT');
      return ended;
    },
    kill: () => child.kill('SIGKILL'),
  };
};

const startLive = (size, env) => {
  const screen = startOnTerminal(process.execPath, [launcher, 'live', ...TRACED], { size, env });
  const ended = screen.ended.then(({ exitCode }) => exitCode);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const attached = screen
    .shows(/ATTACHING/, ATTACHED_MS)
    .then(() => screen.shows(/^(?![\s\S]*ATTACHING)/, ATTACHED_MS));
  return {
    name: `live on ${size.cols}x${size.rows}`,
    status: 0,
    pid: screen.pid,
    ended,
    ready: orEnded(attached, ended),
    end: async () => {
      await screen.end('q');
      return ended;
    },
    kill: () => {
      if (!isOver) process.kill(screen.pid, 'SIGKILL');
    },
  };
};

const orEnded = (ready, ended) =>
  Promise.race([
    ready,
    ended.then((status) => {
      throw new Error(`status ${status} before it traced`);
    }),
  ]);

const textOf = async (stream) => {
  let said = '';
  for await (const text of stream) said += text;
  return said;
};

const summaryOf = (file, env) =>
  JSON.parse(
    execFileSync(process.execPath, [launcher, 'summary', '--json', file], { env, maxBuffer: 2 ** 30 }),
  );

/** What is called exact is what they did, and a lower bound is not above it. */
const counted = ({ processes, searches }, { totals, coverage, losses }, { seconds }) => {
  const found = totals[SEARCHES] ?? 0;
  const called = coverage[SEARCHES]?.coverage ?? 'not counted';
  const lost = Object.entries(losses.byKind).map(([kind, count]) => `${kind} ${count}`);
  const seen = [
    `${Math.round(processes / seconds)} processes a second did ${searches} searches, ${found} counted, ${called}`,
    `${losses.gaps.length} gaps`,
    lost.length === 0 ? 'nothing lost' : lost.join(', '),
  ].join('; ');
  const says = { exact: found === searches, 'lower-bound': found <= searches, estimate: true };
  const why = losses.gaps.length > 0 ? 'the tracer ended' : null;
  return {
    name: 'what is counted',
    why: why ?? (says[called] === true ? null : `${called}, and ${searches - found} are missing`),
    seen,
  };
};
