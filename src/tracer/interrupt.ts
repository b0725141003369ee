/**
 * When a tracer may be interrupted. bpftrace takes a write that a signal interrupts for the end of its output: what it
 * would say after it, its last counts too, is lost without a word, and its exit status is 0. A write that has to wait for us to
 * read is interrupted; so it is asked to end while it writes nothing, and there is room for what it may begin to write.
 */
import { setTimeout as delay } from 'node:timers/promises';

export type Writer = {
  /** Whether it is inside a call that may be a write; null where the kernel does not say. */
  readonly isWriting: () => boolean | null;
  /** Of its output, what we have read. */
  readonly bytesRead: () => number;
};

const LOOK_MS = 5;

/** Resolves at once when it is to be asked; `patienceMs` bounds the wait, after which it is asked whatever it does. */
export const untilQuiet = async ({ isWriting, bytesRead }: Writer, patienceMs: number): Promise<void> => {
  const untilMs = performance.now() + patienceMs;
  /** What had been read when it was last seen to write nothing. */
  let before: number | null = null;
  while (performance.now() < untilMs) {
    const writing = isWriting();
    if (writing === null) return;
    const bytes = bytesRead();
    // What it wrote before it was seen so has been read by now.
    if (!writing && before === bytes) return;
    before = writing ? null : bytes;
    await delay(LOOK_MS);
  }
};
