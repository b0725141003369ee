// This build of the tool, on this host: it watches the guest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../../scripts/root.mjs';
import { untilReady } from '../guest/ready.mjs';
import { readerOf } from '../guest/session.mjs';
import { run } from '../guest/work.mjs';

const LAUNCHER = join(root, 'bin/stallscope.js');
/** Under emulation bpftrace compiles for half a minute, and two of them for a whole one. */
const READY_MS = 8 * 60_000;
export const PATIENCE = ['--attach-timeout', '7m'];

/** Runs the tool to its end, whatever that is: status, stdout, stderr. */
export const runTool = async (guest, ...args) => {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: guest.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = ['stdout', 'stderr'].map((name) => child[name].setEncoding('utf8').toArray());
  const [stdout, stderr, [status]] = await Promise.all([...texts, once(child, 'close')]);
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
};

/** A recording of the guest, begun: `said` grows with what it says, `closed` resolves with its status. */
export const recordGuest = async (guest, file, ...args) => {
  const child = spawn(
    process.execPath,
    [LAUNCHER, 'record', '--host', guest.name, '--force', '-o', file, ...PATIENCE, ...args],
    { env: guest.env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return begun(child);
};

/** The same of any recording by the tool. */
export const begun = async (child) => {
  const said = [];
  const closed = once(child, 'close').then(([status]) => status);
  await untilReady(child, { closed, said, limitMs: READY_MS });
  return { said, closed, interrupt: () => child.kill('SIGINT') };
};

export const summaryOf = async (file) => {
  const { stdout } = await run(process.execPath, LAUNCHER, 'summary', '--json', file);
  const summary = JSON.parse(stdout);
  return { ...readerOf(summary), summary };
};
