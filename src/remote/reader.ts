/**
 * The conversation with the reader there: requests go out in order, answers come back in order, each ended by the word drawn
 * for this connection. What comes back is somebody else's: an answer is bounded, and one that never ends ends the link.
 */
import type { Readable, Writable } from 'node:stream';

export type Answer = {
  readonly bytes: Buffer;
  /** Of what answered; 0 when it found what it was asked for. */
  readonly status: number;
  /** When it was asked and when the answer was whole, by our monotonic clock. */
  readonly askedUs: number;
  readonly answeredUs: number;
};

export type Reader = {
  /** Rejects when the link ends before the answer. */
  ask(...words: readonly string[]): Promise<Answer>;
  /** When anything was heard of the host last, as `performance.now()` counts. */
  heardMs(): number;
  /** Nothing more is asked; what was not answered is rejected. */
  end(why: Error): void;
};

export type ReaderOptions = {
  readonly input: Writable;
  readonly output: Readable;
  readonly mark: string;
  /** A program that read for us. */
  readonly own: (pid: number) => void;
  /** It said more than it may. */
  readonly flooded: () => void;
};

/** The types of a kernel are some 10 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

type Waiting = {
  readonly askedUs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (why: Error) => void;
};

export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n);

export const createReader = ({ input, output, mark, own, flooded }: ReaderOptions): Reader => {
  const end = Buffer.from(`\n${mark} `);
  const waiting: Waiting[] = [];
  let held = Buffer.alloc(FIRST_BYTES);
  let heldBytes = 0;
  /** Up to here there is no end of an answer. */
  let seenBytes = 0;
  let heardMs = performance.now();
  let over: Error | null = null;

  const hold = (chunk: Buffer): void => {
    if (heldBytes + chunk.length > held.length) {
      const larger = Buffer.alloc(Math.max(held.length * 2, heldBytes + chunk.length));
      held.copy(larger, 0, 0, heldBytes);
      held = larger;
    }
    chunk.copy(held, heldBytes);
    heldBytes += chunk.length;
  };

  /** Whether there was a whole one. */
  const takeAnswer = (): boolean => {
    const text = held.subarray(0, heldBytes);
    const at = text.indexOf(end, seenBytes);
    const lineEnd = at === -1 ? -1 : text.indexOf('\n', at + end.length);
    if (lineEnd === -1) {
      seenBytes = at === -1 ? Math.max(0, heldBytes - end.length) : at;
      return false;
    }
    const [status = 1, pid = 0] = text
      .toString('latin1', at + end.length, lineEnd)
      .split(' ')
      .map(Number);
    const bytes = Buffer.from(text.subarray(0, at));
    held.copyWithin(0, lineEnd + 1, heldBytes);
    heldBytes -= lineEnd + 1;
    seenBytes = 0;
    if (held.length > FIRST_BYTES && heldBytes <= FIRST_BYTES)
      held = Buffer.from(held.subarray(0, FIRST_BYTES));
    if (pid > 0) own(pid);
    const one = waiting.shift();
    one?.resolve({ bytes, status, askedUs: one.askedUs, answeredUs: monotonicUs() });
    return true;
  };

  output.on('data', (chunk: Buffer) => {
    heardMs = performance.now();
    if (over !== null) return;
    hold(chunk);
    while (takeAnswer());
    if (heldBytes > MAX_ANSWER_BYTES) flooded();
  });
  input.on('error', () => undefined);

  return {
    ask: (...words) =>
      new Promise((resolve, reject) => {
        if (over !== null) {
          reject(over);
          return;
        }
        if (words.some((word) => /[\t\n\0]/.test(word) || word === ''))
          throw new RangeError('a request holds no tab, newline or NUL');
        waiting.push({ askedUs: monotonicUs(), resolve, reject });
        input.write(`${words.join('\t')}\n`);
      }),
    heardMs: () => heardMs,
    end: (why) => {
      over ??= why;
      for (const { reject } of waiting.splice(0)) reject(over);
    },
  };
};
