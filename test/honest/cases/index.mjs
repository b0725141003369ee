// Every case there is, in the order in which they are tried.
import { faults } from './faults.mjs';
import { hostCases } from './host.mjs';
import { identity } from './identity.mjs';
import { inode } from './inode.mjs';
import { iomap } from './iomap.mjs';
import { memory } from './memory.mjs';
import { python } from './python.mjs';
import { sync } from './sync.mjs';

export const CASES = [
  ...iomap,
  ...inode,
  ...sync,
  ...faults,
  ...memory,
  ...python,
  ...identity,
  ...hostCases,
];
