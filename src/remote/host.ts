/**
 * Another host, as a session asks for it: its files, its clock, who we are there, and its bpftrace. It is connected to once,
 * and again whenever somebody needs it after the link was lost, as long as it is the same boot of it: after another, what
 * was counted and what is counted now have nothing in common.
 */
import { failure, type StallscopeError } from '../errors.ts';
import type { HostFiles } from '../host/files.ts';
import type { Machine } from '../host/machine.ts';
import type { Child, ChildOptions } from '../tracer/child.ts';
import type { Address } from './address.ts';
import { startRemoteChild } from './child.ts';
import { createRemoteClock, type RemoteClock } from './clock.ts';
import { type Connection, connect } from './connection.ts';
import { type About, machineOf, readAbout, readWall } from './machine.ts';
import { createOwn, type Own } from './own.ts';
import { type Executable, pushExecutable } from './push.ts';
import { type Cache, settle } from './settle.ts';

export type RemoteHost = {
  readonly address: Address;
  readonly machine: Machine;
  readonly clock: RemoteClock;
  /** Programs of ours there. */
  readonly own: Own;
  /** Where programs are looked for there. */
  readonly searchPath: string;
  /** PID of the reader there. */
  self(): number;
  /** What is known by now. */
  readonly cache: Cache;
  /**
   * Work that reads files and changes nothing, done until it has all it asked for. What `cache` knows is not asked again.
   */
  settle<T>(work: (files: HostFiles) => T | Promise<T>, cache?: Cache): Promise<T>;
  /** The connection there is; null while there is none. */
  current(): Connection | null;
  /** Starts a tracer there. */
  start(options: ChildOptions): Child;
  /** It is not the host any more that it was. */
  onOver(listener: (why: string) => void): void;
  /** The same, for whoever asks afterwards; null while it is. */
  over(): StallscopeError | null;
  /** How long nothing was heard of it. */
  silentMs(): number;
  close(): void;
};

export type RemoteHostOptions = {
  readonly address: Address;
  /** Of files with millions of names, only the lines that match are fetched. */
  readonly filters: ReadonlyMap<string, string>;
  /** A bpftrace to run there instead of one that is there. */
  readonly push?: Executable | null | undefined;
  /** The first connection is given up. */
  readonly signal?: AbortSignal | undefined;
  readonly connectTo?: typeof connect;
};

/** @throws E_SSH, E_REMOTE */
export const openHost = async ({
  address,
  filters,
  signal,
  push = null,
  connectTo = connect,
}: RemoteHostOptions): Promise<RemoteHost> => {
  const own = createOwn();
  const clock = createRemoteClock();
  const cache: Cache = new Map();
  /** Which boot of it is watched. */
  let boot: string | null = null;
  let over: StallscopeError | null = null;
  let reportOver: (why: string) => void = () => undefined;
  let connection: Connection | null = null;
  let connecting: Promise<Connection> | null = null;
  let lostMs: number | null = null;
  let isClosed = false;
  /** Where it is there; another place after each connection. */
  let pushed: string | null = null;

  const greet = async (opened: Connection): Promise<About> => {
    const { reader } = opened;
    const about = await readAbout(reader, address);
    // Before anything of the new boot is taken for the old one's.
    if (boot !== null && about.boot !== boot) throw restarted();
    own.reset(about.processes);
    await readWall(reader, clock);
    const { bytes, askedUs, answeredUs } = await reader.ask('u');
    const [, seconds, hundredths] = /^(\d+)\.(\d\d)/.exec(bytes.toString('latin1')) ?? [];
    if (seconds !== undefined)
      clock.note({ askedUs, answeredUs, shownUs: Number(seconds) * 1e6 + Number(hundredths) * 1e4 });
    return about;
  };

  /** Whoever finds out, a tracer or a question: the session is over, and can say why. */
  const restarted = (): StallscopeError => {
    over = failure('E_RESTARTED', { host: address.name });
    reportOver(`${address.name} was restarted`);
    return over;
  };

  const open = async (until?: AbortSignal): Promise<{ readonly opened: Connection; readonly now: About }> => {
    const opened = await connectTo(address, own.add, { until, pushes: push !== null });
    try {
      const now = await greet(opened);
      if (push !== null) pushed = await pushExecutable(opened, address, { about: now, executable: push });
      connection = opened;
      lostMs = null;
      void opened.ended.then(() => {
        if (connection !== opened) return;
        connection = null;
        lostMs = performance.now() - opened.silentMs();
      });
      return { opened, now };
    } catch (error) {
      opened.close();
      throw error;
    }
  };

  const first = await open(signal);
  let about = first.now;
  boot = about.boot;
  const firstPushed: string | null = pushed;

  const again = async (): Promise<Connection> => {
    const { opened, now } = await open();
    about = now;
    return opened;
  };

  const connected = async (): Promise<Connection> => {
    if (isClosed) throw failure('E_REMOTE', { host: address.text, why: 'the session is over' });
    if (over !== null) throw over;
    if (connection !== null) return connection;
    connecting ??= again().finally(() => {
      connecting = null;
    });
    return connecting;
  };

  return {
    address,
    machine: machineOf(first.opened.reader, { address, about, pushed: firstPushed }),
    clock,
    own,
    searchPath: about.searchPath,
    self: () => about.pid,
    cache,
    settle: async (work, known = cache) =>
      settle((await connected()).reader, known, { self: about.pid, filters }, work),
    current: () => connection,
    start: (options) =>
      startRemoteChild({
        ...options,
        host: address.text,
        connection: connected,
        fileNow: () => (options.file === firstPushed ? (pushed ?? options.file) : options.file),
        own: own.add,
        began: own.tracer,
      }),
    onOver: (listener) => {
      reportOver = listener;
    },
    over: () => over,
    silentMs: () =>
      connection === null ? performance.now() - (lostMs ?? performance.now()) : connection.silentMs(),
    close: () => {
      isClosed = true;
      connection?.close();
    },
  };
};
