/** What Node knows of this machine without asking /proc. */
import os from 'node:os';
import type { HostFacts } from './facts.ts';

export type Machine = Pick<HostFacts, 'hostname' | 'kernel' | 'arch' | 'cpus' | 'memoryBytes'>;

export const readMachine = (): Machine => ({
  hostname: os.hostname(),
  kernel: os.release(),
  arch: os.machine(),
  cpus: os.cpus().length,
  memoryBytes: os.totalmem(),
});
