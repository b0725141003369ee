/** What every command is handed: the process's edges, the host it is about, and the version it prints. */
import type { HostFiles } from '../host/files.ts';
import type { Clock } from '../session/ports.ts';

export type Context = {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly files: HostFiles;
  readonly clock: Clock;
  /** Ends what runs when the user or the system asks for it. */
  readonly interruption: Interruption;
};

/** Calls back once, with the signal that asked us to end, or `EPIPE` when nobody reads our output any more. */
export type Interruption = {
  readonly reason: () => Reason | null;
  onRequest(callback: (reason: Reason) => void): void;
};

export type Reason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE';
