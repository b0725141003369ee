/**
 * One connection to a host: the user's ssh as a master with the reader in it, and channels beside it through a socket in a
 * directory of our own, which goes when ssh does, however we end. What ends it, an end of the link, a silence of some
 * seconds, or a flood, is reported once.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import type { Address } from './address.ts';
import { createReader, type Reader } from './reader.ts';
import { GREETING, OWN, readerScript } from './scripts.ts';
import { createSilence } from './silence.ts';
import { type SshRole, sshArguments, startOf } from './ssh.ts';

export type Connection = {
  readonly reader: Reader;
  /** Runs this script there. */
  channel(script: string): TracerChannel;
  /** Why it ended. */
  readonly ended: Promise<string>;
  /** How long nothing was heard. */
  silentMs(): number;
  close(): void;
};

export type Channel = {
  readonly ssh: ChildProcessWithoutNullStreams;
  /** The lines of its standard error that are ours are taken out of it. */
  onNotice(notice: (words: readonly string[]) => void): void;
  onError(said: (text: string) => void): void;
  kill(): void;
};

export type TracerChannel = Channel & {
  /** It has said its first word: it is attached. */
  traces(): void;
};

/** A sign of life; the guards there wait for more than four of them. */
export const BEAT_MS = 500;
const FIRST_ANSWER_MS = 30_000;
const MAX_SAID_CHARS = 8 * 1024;
/** The longest path of a socket is 108 characters, of which ssh takes 17 for a name of its own. */
const LONGEST_FOLDER = 80;

/** @throws E_SSH, and what `until` was aborted with */
export const connect = async (
  address: Address,
  own: (pid: number) => void,
  { until, pushes = false }: { readonly until?: AbortSignal | undefined; readonly pushes?: boolean } = {},
): Promise<Connection> => {
  until?.throwIfAborted();
  const folder = ownFolder();
  const mark = randomBytes(16).toString('hex');
  const channel = startSsh(address, { role: 'master', folder, script: readerScript(mark, pushes) });
  const { ssh } = channel;
  let said = '';
  let why: string | null = null;
  channel.onError((text) => {
    said = (said + text).slice(-MAX_SAID_CHARS);
  });
  channel.onNotice(([kind, ...pids]) => {
    if (kind === OWN) for (const pid of pids) own(Number(pid));
  });
  const reader = createReader({
    input: ssh.stdin,
    output: ssh.stdout,
    mark,
    own,
    flooded: () => {
      why = 'it sent more than an answer can be';
      channel.kill();
    },
  });
  const silence = createSilence(reader.heardMs);
  const beat = setInterval(() => {
    void reader.ask('b').catch(() => undefined);
    const overMs = silence.over();
    if (overMs === null) return;
    why ??= `nothing was heard of ${address.name} for ${overMs / 1000} s`;
    channel.kill();
  }, BEAT_MS);
  const ended = new Promise<string>((resolve) => {
    ssh.once('close', (status, signal) => {
      clearInterval(beat);
      rmSync(folder, { recursive: true, force: true });
      const how = (why ?? (lastLines(said) || howEnded(status, signal))).replace(/\.$/, '');
      reader.end(failure('E_SSH', { host: address.text, why: how }));
      resolve(how);
    });
  });
  until?.addEventListener('abort', channel.kill, { once: true });
  try {
    await firstAnswer(address, reader, channel);
  } catch (error) {
    until?.throwIfAborted();
    throw error;
  } finally {
    until?.removeEventListener('abort', channel.kill);
  }
  return {
    reader,
    channel: (script) => {
      const opened = startSsh(address, { role: 'channel', folder, script });
      opened.ssh.stdout.on('data', silence.heard);
      let isTracing = false;
      return {
        ...opened,
        traces: () => {
          if (isTracing) return;
          isTracing = true;
          silence.began();
          opened.ssh.once('close', silence.ended);
        },
      };
    },
    ended,
    silentMs: silence.silentMs,
    close: () => {
      clearInterval(beat);
      ssh.stdin.end();
    },
  };
};

const firstAnswer = async (address: Address, reader: Reader, channel: Channel): Promise<void> => {
  const late = setTimeout(() => {
    reader.end(failure('E_SSH', { host: address.text, why: `no answer in ${FIRST_ANSWER_MS / 1000} s` }));
    channel.kill();
  }, FIRST_ANSWER_MS);
  try {
    await reader.ask('b');
  } finally {
    clearTimeout(late);
  }
};

const ownFolder = (): string => {
  const place = tmpdir();
  return mkdtempSync(join(place.length > LONGEST_FOLDER ? '/tmp' : place, 'stallscope-'));
};

/** The shell outlives us by as long as ssh does, and takes the directory with it. */
const AND_REMOVE = 'd=$1; shift; "$@"; s=$?; rm -rf -- "$d"; exit $s';

const startSsh = (
  address: Address,
  { role, folder, script }: { readonly role: SshRole; readonly folder: string; readonly script: string },
): Channel => {
  const bytes = Buffer.from(script);
  const words = ['ssh', ...sshArguments(address, { role, folder, command: startOf(bytes.length) })];
  const [file = 'ssh', ...args] =
    role === 'master' ? ['/bin/sh', '-c', AND_REMOVE, 'stallscope', folder, ...words] : words;
  // A terminal's Ctrl-C is for us, who end it in order.
  const ssh = spawn(file, args, { detached: true, stdio: 'pipe' });
  ssh.on('error', () => undefined);
  ssh.stdin.on('error', () => undefined);
  ssh.stdin.write(bytes);
  let notice: (words: readonly string[]) => void = () => undefined;
  let said: (text: string) => void = () => undefined;
  let rest = '';
  ssh.stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = (lines.pop() ?? '').slice(-MAX_SAID_CHARS);
    for (const line of lines) {
      if (line.startsWith(`${GREETING} `) || line.startsWith(`${OWN} `)) notice(line.split(' '));
      else said(`${line}\n`);
    }
  });
  return {
    ssh,
    onNotice: (listener) => {
      notice = listener;
    },
    onError: (listener) => {
      said = listener;
    },
    kill: () => {
      try {
        if (ssh.pid !== undefined) process.kill(-ssh.pid, 'SIGTERM');
      } catch {
        // It has ended.
      }
    },
  };
};

const lastLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Warning: Permanently added|Connection to .* closed)/.test(line))
    .slice(-3)
    .join('; ');

const howEnded = (status: number | null, signal: string | null): string =>
  signal === null ? `ssh ended with status ${status}` : `ssh was ended by ${signal}`;
