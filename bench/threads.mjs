// 10,000 processes of two threads each, 50 of which wait in turns: whether samples keep their interval, and what they cost.
// `node bench/threads.mjs` prints the section; --write puts it into docs/overhead.md.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, costRows, launcher, median, nameOf, says, sleep } from './measure.mjs';
import { measureAlone } from './sections.mjs';

const PROCESSES = 10_000;
const BUSY = 50;
const WATCH_MS = 30_000;
const TITLE = `## ${PROCESSES.toLocaleString('en')} processes, ${(2 * PROCESSES).toLocaleString('en')} threads`;

/** All wait for the end of the pipe; the second threads of the first few go to sleep a hundred times a second. */
const CROWD = `
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int busy;
static void *second(void *none) {
  for (;;) if (busy) usleep(10000); else pause();
  return none;
}
int main(int argc, char **argv) {
  int count = atoi(argv[1]), active = atoi(argv[2]);
  char byte;
  for (int i = 0; i < count; i++) {
    int pid = fork();
    if (pid < 0) { perror("fork"); return 1; }
    if (pid > 0) continue;
    pthread_attr_t small;
    pthread_t thread;
    busy = i < active;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    if (pthread_create(&thread, &small, second, NULL)) _exit(1);
    if (read(0, &byte, 1) < 0) _exit(1);
    _exit(0);
  }
  puts("ready");
  fflush(stdout);
  return read(0, &byte, 1) < 0;
}
`;

const measureThreads = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-threads-'));
  const out = join(dir, 'out.ndjson');
  const program = join(dir, 'crowd');
  writeFileSync(`${program}.c`, CROWD);
  execFileSync('cc', ['-O2', '-pthread', '-o', program, `${program}.c`]);
  const crowd = spawn(program, [String(PROCESSES), String(BUSY)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(crowd, 'close');
  await says(crowd.stdout, /ready/);
  const tool = spawn(process.execPath, [launcher, 'record', '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tool, 'close');
  try {
    await says(tool.stderr, /recording /);
    await sleep(5_000);
    const [tracerPid] = childrenOf(tool.pid).filter((pid) => nameOf(pid) === 'bpftrace');
    const costs = await costRows(
      [
        { name: 'stallscope', pid: tool.pid },
        { name: 'its tracer', pid: tracerPid },
      ],
      WATCH_MS,
    );
    tool.kill('SIGINT');
    await ended;
    return [
      '',
      TITLE,
      '',
      `All wait, ${BUSY} of them a hundred times a second; \`record\` with all probes, over ${WATCH_MS / 1000} s. ${samplesIn(out)}`,
      '',
      ...costs,
    ];
  } finally {
    tool.kill('SIGKILL');
    crowd.stdin.end();
    await gone;
    rmSync(dir, { recursive: true, force: true });
  }
};

/** How far apart samples were, who is in them, and what was lost. */
const samplesIn = (path) => {
  const timesMs = [];
  const pids = new Set();
  const losses = new Set();
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const record = JSON.parse(line);
    if (record.type === 'process') pids.add(record.pid);
    if (record.type === 'sample' && record.counted) timesMs.push(record.bootUs / 1000);
    if (record.type === 'loss') losses.add(record.kind);
  }
  // Those of the end come when all is detached, which takes seconds: they are of no interval.
  const watchedMs = timesMs.filter((timeMs) => timeMs - timesMs[0] <= WATCH_MS);
  const apartMs = watchedMs.slice(1).map((timeMs, at) => timeMs - watchedMs[at]);
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  return `Samples were ${seconds(median(apartMs))} apart (median; at most ${seconds(Math.max(...apartMs))}, of ${apartMs.length}), ${pids.size.toLocaleString('en')} processes were listed; losses: ${losses.size === 0 ? 'none' : [...losses].join(', ')}.`;
};

await measureAlone(TITLE, measureThreads);
