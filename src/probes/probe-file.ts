/** The files of a probe that a user has named; the bundled ones come with the tool. */
import { readUsersFile } from './small-file.ts';

/** Ours have 32 KiB at most. */
const MOST_BYTES = 1024 * 1024;

/** Throws what the system says, or an Error that says why it is not read. */
export const readProbeFile = (path: string): string => readUsersFile(path, MOST_BYTES);
