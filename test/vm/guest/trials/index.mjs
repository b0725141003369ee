// Every trial, in the order in which they run: those that press on memory come last.
import { blocked } from './blocked.mjs';
import { faults } from './faults.mjs';
import { inode } from './inode.mjs';
import { iomap } from './iomap.mjs';
import { kswapd } from './kswapd.mjs';
import { pageAlloc } from './page-alloc.mjs';
import { python } from './python.mjs';
import { sync } from './sync.mjs';
import { xfsAlloc } from './xfs-alloc.mjs';

export const TRIALS = [iomap, inode, faults, blocked, sync, python, xfsAlloc, kswapd, pageAlloc];
