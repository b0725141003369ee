/** Lines of a source of any length, one chunk of it held at a time. */
import type { Unreadable } from './point-table.ts';

export type Chunks = AsyncIterable<Uint8Array>;

/** A longer line is none of text, and would have to be held whole. */
const MOST_LINE_CHARS = 16 * 1024 * 1024;

/** Calls back with every line and its number, until one is refused with a reason; null when all were taken. */
export const readLines = async (
  chunks: Chunks,
  take: (line: string, number: number) => string | null,
): Promise<Unreadable | null> => {
  const decoder = new TextDecoder();
  let [rest, number] = ['', 0];
  const takeAll = (text: string): Unreadable | null => {
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      number += 1;
      const why = take(line.endsWith('\r') ? line.slice(0, -1) : line, number);
      if (why !== null) return { where: `line ${number}`, why };
    }
    return rest.length > MOST_LINE_CHARS
      ? { where: `line ${number + 1}`, why: 'it is longer than 16 MiB' }
      : null;
  };
  for await (const chunk of chunks) {
    const refused = takeAll(rest + decoder.decode(chunk, { stream: true }));
    if (refused !== null) return refused;
  }
  const end = rest + decoder.decode();
  return end === '' ? null : takeAll(`${end}\n`);
};

const MOST_TEXT_BYTES = 256 * 1024 * 1024;

/** All of it; null when it is too long to be held. */
export const readWhole = async (chunks: Chunks): Promise<string | null> => {
  const held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_TEXT_BYTES) return null;
    held.push(chunk);
  }
  return Buffer.concat(held).toString('utf8');
};
