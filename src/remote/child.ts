/**
 * The tracer on another host, behind the same port as one of ours (tracer/child.ts). Its guard there ends it when nothing is
 * heard from here; what it is sent are the signals, by name. Where there is no connection one is made first: so a link
 * that comes back has a tracer again, and when it cannot, this tracer has ended, with what ssh said.
 */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { failure, isFailure, type StallscopeError } from '../errors.ts';
import type { Child, ChildEnd, ChildOptions, Patience } from '../tracer/child.ts';
import { BEAT_MS, type Channel, type Connection, type TracerChannel } from './connection.ts';
import { GREETING, OWN, tracerScript } from './scripts.ts';

export type RemoteChildOptions = ChildOptions & {
  /** As the user wrote it. */
  readonly host: string;
  readonly connection: () => Promise<Connection>;
  /** Where the program is, once there is a connection. */
  readonly fileNow: () => string;
  /** Programs of ours there. */
  readonly own: (pid: number) => void;
  /** Those that live as long as the tracer, when it begins. */
  readonly began: (pids: readonly number[]) => void;
};

const PATIENCE: Patience = { intMs: 10_000, termMs: 2_000, killMs: 2_000 };

export const startRemoteChild = (options: RemoteChildOptions): Child => {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let ids = { tracer: -1, self: -1 };
  let channel: Channel | null = null;
  let stoppedWith: ChildEnd['stoppedWith'] = null;

  const send = (word: string): void => {
    channel?.ssh.stdin.write(`${word}\n`);
  };

  const run = async (): Promise<ChildEnd> => {
    const connection = await options.connection();
    if (stoppedWith !== null) return endOf(null, stoppedWith);
    const opened = connection.channel(tracerScript({ ...options, file: options.fileNow() }));
    channel = opened;
    opened.onNotice(([kind, ...words]) => {
      const pids = words.map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 0);
      if (kind === OWN) for (const pid of pids) options.own(pid);
      if (kind !== GREETING) return;
      const [tracer = -1, self = -1] = pids;
      ids = { tracer, self };
      options.began(pids);
    });
    opened.onError((text) => stderr.write(text));
    afterGreeting(opened, stdout);
    const beat = setInterval(() => send('b'), BEAT_MS);
    const over = connection.ended.then((why) => {
      opened.kill();
      return why;
    });
    try {
      const [status, signal] = await closed(opened);
      // A channel ends with its connection, a moment before or after it.
      const why = status === 255 || signal !== null ? await Promise.race([over, delay(500, null)]) : null;
      return why === null
        ? endOf(status, stoppedWith)
        : lostEnd(status, failure('E_SSH', { host: options.host, why }), { stoppedWith, how: why });
    } finally {
      clearInterval(beat);
    }
  };

  const ended = run()
    .catch((error: unknown) => {
      const lost = isFailure(error)
        ? error
        : failure('E_REMOTE', { host: options.host, why: String(error) }, error);
      return lostEnd(null, lost, { stoppedWith, how: lost.message });
    })
    .then(async (end) => {
      // Its last maps have been read by whoever reads them.
      const drained = [stdout, stderr].map((stream) => once(stream, 'end'));
      stdout.end();
      stderr.end();
      await Promise.all(drained);
      return end;
    });

  const stop = async (patience: Patience): Promise<ChildEnd> => {
    const steps = [
      ['SIGINT', patience.intMs],
      ['SIGTERM', patience.termMs],
      ['SIGKILL', patience.killMs],
    ] as const;
    for (const [signal, waitMs] of steps) {
      stoppedWith = signal;
      send(signal.slice('SIG'.length));
      const waiting = new AbortController();
      const isOver = await Promise.race([
        ended.then(() => true),
        delay(waitMs, false, { signal: waiting.signal }).catch(() => false),
      ]);
      waiting.abort();
      if (isOver) return ended;
    }
    channel?.kill();
    return ended;
  };

  let stopping: Promise<ChildEnd> | null = null;
  return {
    pid: -1,
    ids: () => ids,
    stdout,
    stderr,
    ended,
    stop: (patience) => {
      stopping ??= stop(patience ?? options.patience ?? PATIENCE);
      return stopping;
    },
  };
};

const closed = (channel: Channel): Promise<readonly [number | null, string | null]> =>
  new Promise((resolve) => {
    channel.ssh.once('close', (status, signal) => resolve([status, signal]));
  });

/** What the login shell there prints of itself comes before our own first line. */
const afterGreeting = ({ ssh, traces }: TracerChannel, stdout: PassThrough): void => {
  const first = Buffer.from(`${GREETING}\n`);
  let held = Buffer.alloc(0);
  const wait = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]).subarray(-MOST_BEFORE);
    const at = held.indexOf(first);
    if (at === -1) return;
    ssh.stdout.off('data', wait);
    stdout.write(held.subarray(at + first.length));
    // While it attaches bpftrace says nothing here, and nothing is lost by waiting for a host that is long over it.
    if (held.length > at + first.length) traces();
    ssh.stdout.on('data', (more: Buffer) => {
      traces();
      stdout.write(more);
    });
  };
  ssh.stdout.on('data', wait);
};
const MOST_BEFORE = 1024 * 1024;

const endOf = (status: number | null, stoppedWith: ChildEnd['stoppedWith']): ChildEnd => ({
  code: status,
  signal: null,
  stoppedWith,
  how: status === null ? 'it was not started' : `exit status ${status}`,
});

const lostEnd = (
  status: number | null,
  lost: StallscopeError,
  end: Pick<ChildEnd, 'stoppedWith' | 'how'>,
): ChildEnd => ({ code: status, signal: null, lost, ...end });
