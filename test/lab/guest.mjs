// Runs in a guest: stages the sessions that the kernel's command line names, one after the other, records each with all
// that runs there, and writes it to the second serial line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { chooseSessions } from './sessions/index.mjs';
import { createStand } from './stand.mjs';

/** Machine code made on the fly costs the emulation more than it saves. */
const TOOL = ['--no-opt', '--no-sparkplug', '--single-threaded', '/tool/bin/stallscope.js'];
const WORKLOADS = ['/tool/workloads', '/tool/lab/workloads'];
/** What a slow line can carry before something else is in a hurry. */
const LINE_CHARS = 60_000;
const note = (text) => process.stderr.write(`guest: ${text}\n`);
const emit = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);

const names = /stallscope\.sessions=(\S+)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1]?.split(',') ?? [];
const bpftrace = ['/opt/bookworm/bpftrace', '/usr/bin/bpftrace'].find((path) => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
});

const record = async ({ name, seconds, interval = '1s', make, play }) => {
  const directory = `/var/tmp/lab-${name}`;
  mkdirSync(directory, { recursive: true });
  const stand = createStand(directory, WORKLOADS, true);
  try {
    note(`${name}: preparing`);
    make(stand);
    const file = stand.path('session.ndjson');
    const tool = spawn(
      process.execPath,
      [...TOOL, 'record', '--budget', 'off', '--attach-timeout', '4m', '-i', interval, '-o', file],
      { env: { ...process.env, STALLSCOPE_BPFTRACE: bpftrace }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const closed = once(tool, 'close');
    const said = [];
    const ready = new Promise((resolve) => {
      createInterface({ input: tool.stderr }).on('line', (line) => {
        said.push(line);
        if (line.startsWith('stallscope: recording ')) resolve(true);
      });
    });
    if (!(await Promise.race([ready, closed.then(() => false)]))) throw new Error(said.join(' | '));
    note(`${name}: playing for ${seconds} s`);
    play(stand);
    await delay(seconds * 1000);
    tool.kill('SIGINT');
    await closed;
    const { cast, failed } = stand;
    if (failed.length > 0) throw new Error(failed.join(', '));
    const packed = gzipSync(readFileSync(file), { level: 9 }).toString('base64');
    for (let at = 0; at < packed.length; at += LINE_CHARS) {
      emit({ session: name, part: packed.slice(at, at + LINE_CHARS) });
    }
    emit({ session: name, cast });
  } catch (error) {
    emit({ session: name, failed: error.message });
  } finally {
    stand.tearDown();
    await delay(1000);
    rmSync(directory, { recursive: true, force: true });
  }
};

for (const session of chooseSessions(names)) await record(session);
emit({ finished: true });
