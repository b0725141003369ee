// Which half a real session belongs to, by its name and nothing else: nobody chooses, and a new session does not move another
// to the other half. Signatures are tuned on one; the other is held out.
import { createHash } from 'node:crypto';

export const HALVES = ['tuned on', 'held out'];

/** By whether the first byte of the SHA-256 of the name is even or odd. */
export const halfOf = (name) => HALVES[createHash('sha256').update(name).digest()[0] % 2];
