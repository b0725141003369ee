/** What every command is handed: the process's edges, the host it is about, and the version it prints. */
import type { Inspect } from '../core/inspection.ts';
import type { HostFiles } from '../host/files.ts';
import type { Machine } from '../host/machine.ts';
import type { RemoteHost } from '../remote/host.ts';
import type { Clock } from '../session/ports.ts';
import type { Journal } from './journal.ts';
import type { Output } from './output.ts';

export type Context = {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  /** As a terminal; text goes to `out`. */
  readonly stdout: NodeJS.WriteStream;
  readonly out: Output;
  readonly stderr: Stderr;
  /** Of the host that we run on. */
  readonly files: HostFiles;
  readonly machine: Machine;
  readonly clock: Clock;
  /**
   * Work that reads files of the host it is about, and changes nothing: it may be done more than once, until all it asked
   * for is there. What was read stays known for the session, or holds for `now` only.
   */
  readonly settle: <T>(ask: (files: HostFiles) => T | Promise<T>, scope?: 'session' | 'now') => Promise<T>;
  /** What a living process is asked when somebody looks at it. */
  readonly inspect: Inspect;
  /** The other host that it is about, if it is about another. */
  readonly remote: RemoteHost | null;
  /** Ends what runs when the user or the system asks for it. */
  readonly interruption: Interruption;
  /** What is decided, and what befalls us. */
  readonly journal: Journal;
};

export type Stderr = { write(text: string): unknown; readonly isTTY?: boolean };

export type Interruption = {
  readonly reason: () => Reason | null;
  /** Called at once when something asked for it before; a second time only for a signal after stdout was lost. */
  onRequest(callback: (reason: Reason) => void): void;
  /** Meanwhile no signal can be heard, so each ends us at once: for work that leaves nothing half done. */
  atOnce<T>(work: () => T): T;
};

/** A signal; nobody reads our output any more; or it can no longer be written. */
export type Reason = 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP' | 'EPIPE' | 'output lost';
