// From the command to the first painted sample, to that of the probes, and to the first record; with what bpftrace alone takes to attach.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher, median, startOnTerminal } from './measure.mjs';
import { program, startBpftrace } from './tracer.mjs';

const ROUNDS = 5;
/** Who lives, from /proc. */
const PAINTED = /PROCESSES [1-9]/;
/** The probes count. */
const COUNTING = /stallscope +live/;

/** Medians, in ms. One round measures all three, so that a busy moment hits all of them. */
export const measureStartup = async () => {
  const { script } = program(1000);
  const screens = [];
  const counting = [];
  const recordings = [];
  const attaches = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    attaches.push(await attachOnce(script));
    recordings.push(await recordOnce());
    const { paintMs, countMs } = await paintOnce();
    screens.push(paintMs);
    counting.push(countMs);
  }
  return {
    rounds: ROUNDS,
    paintMs: median(screens),
    countMs: median(counting),
    recordMs: median(recordings),
    bpftraceMs: median(attaches),
  };
};

const attachOnce = async (script) => {
  const bpftrace = startBpftrace(script, 'ignore');
  const ms = await bpftrace.attachedMs;
  await bpftrace.end();
  return ms;
};

const recordOnce = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-bench-'));
  const startMs = performance.now();
  const tool = spawn(process.execPath, [launcher, 'record', '-o', join(dir, 'bench.ndjson')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(tool, 'close');
  const ms = await new Promise((resolve, reject) => {
    let text = '';
    tool.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes('stallscope: recording ')) resolve(performance.now() - startMs);
    });
    closed.then(() => reject(new Error(`record ended before it was ready:\n${text}`)));
  });
  tool.kill('SIGINT');
  await closed;
  rmSync(dir, { recursive: true, force: true });
  return ms;
};

const paintOnce = async () => {
  const tool = startOnTerminal(process.execPath, [launcher, 'live']);
  const paintMs = await tool.shows(PAINTED);
  const countMs = await tool.shows(COUNTING);
  await tool.end('q');
  return { paintMs, countMs };
};
