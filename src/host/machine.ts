/** What files do not say of the machine that they are of, and how a program is run there. */
import os from 'node:os';
import { type BpftraceFacts, findBpftrace } from './bpftrace.ts';
import type { RootRefusal } from './facts.ts';
import type { HostFiles } from './files.ts';

export type Machine = {
  /** As the user named it; null for the one that we run on. */
  readonly name: string | null;
  readonly platform: string;
  readonly kernel: string;
  readonly arch: string;
  readonly hostname: string;
  /** Who we are there. */
  readonly uid: number;
  cpusOf(files: HostFiles): number;
  memoryBytesOf(files: HostFiles): number;
  findBpftrace(files: HostFiles): Promise<BpftraceFacts>;
  /** The command line by which its user runs this there as root. */
  runThere(command: string): string;
  /** null where nothing stands against being root there, or sudo was not tried. */
  readonly becomeRoot: RootRefusal | null;
};

export const localMachine = (env: NodeJS.ProcessEnv): Machine => {
  const uid = process.geteuid?.() ?? -1;
  return {
    name: null,
    platform: process.platform,
    kernel: os.release(),
    arch: os.machine(),
    hostname: os.hostname(),
    uid,
    cpusOf: () => os.cpus().length,
    memoryBytesOf: () => os.totalmem(),
    findBpftrace: (files) => findBpftrace(files, env),
    runThere: (command) => (uid === 0 ? '' : 'sudo ') + command,
    becomeRoot: null,
  };
};
