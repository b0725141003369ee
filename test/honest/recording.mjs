// One recording by the tool itself, as a user makes it, and what its summary says.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { requireBuild } from '../../scripts/built.mjs';
import { untilReady } from '../vm/guest/ready.mjs';
import { ENVIRONMENT } from './here.mjs';
import { later } from './tidy.mjs';

// A trial of what was built before the last change would prove nothing.
requireBuild();

export const TOOL = fileURLToPath(new URL('../../bin/stallscope.js', import.meta.url));
/** A busy machine compiles slowly. */
const READY_MS = 120_000;
/** One that cannot be seen from here, in a namespace of its own, is not waited for longer. */
const FIRST_SAMPLE_MS = 5_000;
const LOOK_MS = 20;

/**
 * Records while `body` runs.
 *
 * @param options `args` of record; `env` of the tool; `through`: what runs it, with its command line appended
 * @returns what `body` returned, the summary, and its page as text
 */
export const recordWhile = async (file, { args = [], env = {}, through = [] }, body) => {
  const command = [
    ...through,
    process.execPath,
    TOOL,
    'record',
    '--force',
    '-o',
    file,
    '--attach-timeout',
    '90s',
    ...args,
  ];
  const child = spawn(command[0], command.slice(1), {
    env: { ...ENVIRONMENT, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  later(() => {
    if (child.exitCode === null) child.kill('SIGINT');
    rmSync(file, { force: true });
  });
  const said = [];
  const closed = once(child, 'close');
  await untilReady(child, { closed, said, limitMs: READY_MS });
  // Counters of the host are counted from its first sample, some 50 ms later.
  await untilFirstSample(file);
  let result;
  try {
    result = await body(child);
  } finally {
    // It ends by itself with its command, or after its time.
    if (!args.includes('--') && !args.includes('-d')) child.kill('SIGINT');
    await closed;
  }
  return { result, ...read(file), said };
};

const untilFirstSample = async (file) => {
  const endMs = performance.now() + FIRST_SAMPLE_MS;
  while (performance.now() < endMs && !hasSample(file)) await delay(LOOK_MS);
};

const hasSample = (file) => existsSync(file) && readFileSync(file, 'utf8').includes('\n{"type":"sample"');

export const read = (file) => ({ summary: JSON.parse(summaryOf(file, '--json')), page: summaryOf(file) });

const summaryOf = (file, ...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, 'summary', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`no summary: ${stderr.trim()}`);
  return stdout;
};
