/** Processes of their own for what speaks to a network: without root, and in a bounded heap. */
import { type ChildProcess, spawn } from 'node:child_process';
import { wordsOf } from '../assets/here.ts';
import { heapWithin } from '../host/environment.ts';
import type { Owner } from '../serve/drop-root.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';

const NOBODY = 65_534;
/** More than it ever needs for pages of the largest size. */
const HEAP_MB = 64;

export const startServing = (what: 'listener' | 'pusher'): ChildProcess =>
  spawn(process.execPath, wordsOf(what), {
    env: heapWithin(HEAP_MB),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });

/** Whom it becomes; null to stay who it is. */
export const servingOwner = ({ env }: Pick<Context, 'env'>): Owner | null =>
  process.getuid?.() === 0 ? (invokerOf(env) ?? { uid: NOBODY, gid: NOBODY }) : null;
