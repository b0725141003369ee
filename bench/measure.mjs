// What the measurements share: processes and their cost as /proc reports it, a terminal, and medians.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn as spawnInTerminal } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const launcher = join(root, 'bin', 'stallscope.js');
export const workload = (name) => join(root, 'test', 'helpers', 'workloads', name);
export const SIZE = { cols: 160, rows: 50 };

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU seconds (user and system) and resident bytes of one process, without its children. */
export const costOf = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024,
  };
};

/** CPU in percent of one core over so many ms, and the memory at the end. */
export const costOver = async (pid, ms) => {
  const before = costOf(pid);
  const startMs = performance.now();
  await sleep(ms);
  const after = costOf(pid);
  const seconds = (performance.now() - startMs) / 1000;
  return {
    cpuPercent: (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds,
    rssBytes: after.rssBytes,
  };
};

export const childrenOf = (pid) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);

const parentOf = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
};

/** A program on a terminal. `shows` resolves when the screen matches, with the ms since the start. */
export const startOnTerminal = (file, args, { size = SIZE, env: given = process.env } = {}) => {
  const startMs = performance.now();
  const screen = new xterm.Terminal({ ...size, allowProposedApi: true });
  const { CI: _, ...env } = given;
  const pty = spawnInTerminal(file, args, {
    name: 'xterm-256color',
    ...size,
    env: { ...env, LC_ALL: 'C.UTF-8' },
  });
  const watchers = new Set();
  const lookAgain = () => {
    for (const look of [...watchers]) look();
  };
  pty.onData((text) => screen.write(text, lookAgain));
  const ended = new Promise((resolve) => pty.onExit(resolve));
  const text = () =>
    Array.from({ length: size.rows }, (_, row) =>
      screen.buffer.active.getLine(screen.buffer.active.baseY + row)?.translateToString(true),
    ).join('\n');
  return {
    pid: pty.pid,
    ended,
    text,
    shows: (pattern, limitMs = 30_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${pattern} not shown:\n${text()}`)), limitMs);
        const look = () => {
          if (!pattern.test(text())) return;
          watchers.delete(look);
          clearTimeout(timer);
          resolve(performance.now() - startMs);
        };
        watchers.add(look);
        look();
      }),
    end: async (keys) => {
      pty.write(keys);
      await ended;
    },
  };
};

/** Resolves when the stream has said so. */
export const says = (stream, what) =>
  new Promise((resolve) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
      if (what.test(text)) resolve();
    });
  });

export const nameOf = (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

/** What these processes take over the same time: rows of a table. */
export const costRows = async (named, watchMs) => {
  const costs = await Promise.all(named.map(({ pid }) => costOver(pid, watchMs)));
  return [
    '| | CPU | memory |',
    '| --- | --- | --- |',
    ...costs.map(
      ({ cpuPercent, rssBytes }, at) =>
        `| ${named[at].name} | ${cpuPercent.toFixed(1)} % | ${(rssBytes / 1024 ** 2).toFixed(0)} MiB |`,
    ),
  ];
};
