/** The files of a probe: the bundled ones are ours wherever we are installed, the others a user has named. */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSmallFile, readUsersFile } from './small-file.ts';

/** The folder of the probes we ship: the same distance from src/probes and from dist/probes. */
export const BUNDLED_PROBES = fileURLToPath(new URL('../../probes', import.meta.url));

/** Ours have 32 KiB at most. */
const MOST_BYTES = 1024 * 1024;

/** Throws what the system says, or an Error that says why it is not read. */
export const readProbeFile = (path: string): string =>
  (path.startsWith(BUNDLED_PROBES + sep) ? readSmallFile : readUsersFile)(path, MOST_BYTES);
