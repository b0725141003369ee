import type { HostIdentity } from '../core/record.ts';
import type { HostFacts } from './facts.ts';
import type { HostFiles } from './files.ts';
import { readHostSettings } from './settings.ts';

/** What a recording says of the machine it was made on. */
export const identityOf = (
  files: HostFiles,
  {
    hostname,
    kernel,
    arch,
    cpus,
    memoryBytes,
  }: Pick<HostFacts, 'hostname' | 'kernel' | 'arch' | 'cpus' | 'memoryBytes'>,
): HostIdentity => ({
  hostname,
  kernel,
  arch,
  cpus,
  memoryBytes,
  ...readHostSettings(files),
});
