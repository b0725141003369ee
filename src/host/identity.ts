import type { HostIdentity } from '../core/record.ts';
import type { HostFiles } from './files.ts';
import type { Machine } from './machine.ts';
import { readHostSettings } from './settings.ts';

/** What a recording says of the machine it was made on. */
export const identityOf = (
  files: HostFiles,
  { hostname, kernel, arch, cpus, memoryBytes }: Machine,
): HostIdentity => ({
  hostname,
  kernel,
  arch,
  cpus,
  memoryBytes,
  ...readHostSettings(files),
});
