// A guest as somebody outside reaches it: by the ssh of this host, with a key made for it and its own host key known.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../guest/work.mjs';

const NAME = 'guest';
/** Under emulation each login takes seconds, and a machine that boots beside others minutes. */
const BOOT_MS = 6 * 60_000;
const COMMAND_MS = 10 * 60_000;

export const createGuest = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stallscope-reach-'));
  const at = (name) => join(folder, name);
  const port = await freePort();
  await run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at('key'));
  writeFileSync(at('config'), configuration(port, at));
  for (const name of ['bin', 'tmp']) mkdirSync(at(name));
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${at('config')} "$@"\n`, { mode: 0o755 });
  let boots = 0;

  const start = (script, ...options) => {
    const shell = spawn(at('bin/ssh'), [...options, NAME, 'sh', '-s'], { timeout: COMMAND_MS });
    shell.stdin.on('error', () => undefined);
    shell.stdin.write(`${script}\n`);
    return shell;
  };

  return {
    name: NAME,
    port,
    /** What it must be given to let us in. */
    key: readFileSync(at('key.pub'), 'utf8').split(' ')[1],
    /** For the tool: its `ssh` is the real one, and what it makes here is seen. */
    env: { ...process.env, PATH: `${at('bin')}${delimiter}${process.env.PATH}`, TMPDIR: at('tmp') },
    file: at,
    /** It listens, with this key of its own. */
    heard: (hostKey) => {
      writeFileSync(at('known'), `[127.0.0.1]:${port} ${hostKey}\n`);
      boots += 1;
    },
    /** Until it has booted so many times. */
    untilBooted: (times) => waitFor(() => boots >= times, BOOT_MS, `it did not boot (${boots} of ${times})`),
    /** Runs a script of sh there to its end: its output; throws with what it said when it fails. */
    run: async (script) => {
      const shell = start(script);
      shell.stdin.end();
      const [stdout, stderr, [status]] = await Promise.all([
        textOf(shell.stdout),
        textOf(shell.stderr),
        once(shell, 'close'),
      ]);
      if (status !== 0)
        throw new Error(`status ${status} in the guest: ${(stderr || stdout).trim().slice(-500)}`);
      return stdout;
    },
    start,
    /** What a session has left of its own on this host. */
    remains: () => readdirSync(at('tmp')),
    close: () => existsSync(folder) && rmSync(folder, { recursive: true, force: true }),
  };
};

const configuration = (port, at) =>
  [
    `Host ${NAME}`,
    ' HostName 127.0.0.1',
    ` Port ${port}`,
    ' User root',
    ` IdentityFile ${at('key')}`,
    ' IdentitiesOnly yes',
    ` UserKnownHostsFile ${at('known')}`,
    ' StrictHostKeyChecking yes',
    ' LogLevel ERROR',
    '',
  ].join('\n');

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

const textOf = async (stream) => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

/** Until it is so: how long that took. */
export const waitFor = async (holds, limitMs, why) => {
  const sinceMs = performance.now();
  while (!holds()) {
    if (performance.now() - sinceMs > limitMs) throw new Error(`${why} within ${limitMs / 1000} s`);
    await delay(50);
  }
  return performance.now() - sinceMs;
};
