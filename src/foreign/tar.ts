/**
 * The files of a tar archive as they come by, never more than a chunk of them held and nothing written anywhere. Formats:
 * ustar, GNU (long names, large sizes) and pax. Links, devices and folders are passed over; names are names only.
 *
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
 */
import type { Chunks } from './lines.ts';

export type Member = {
  readonly name: string;
  readonly writtenMs: number;
  /** Its bytes; what is not read of them is passed over. */
  readonly chunks: Chunks;
};

export type TarProblem = { readonly why: string };

const BLOCK = 512;
const MOST_NAME_BYTES = 64 * 1024;
const MOST_MEMBERS = 200_000;

export const isTar = (head: Uint8Array): boolean =>
  head.length >= BLOCK && isHeader(Buffer.from(head.subarray(0, BLOCK)));

/** Calls back with each file in turn; what the archive breaks off with, if it does. */
export const readTar = async (
  chunks: Chunks,
  take: (member: Member) => Promise<void>,
): Promise<TarProblem | null> => {
  const bytes = bytesOf(chunks);
  let long: { name?: string; size?: number } = {};
  for (let members = 0; members < MOST_MEMBERS; members += 1) {
    const header = await bytes.exactly(BLOCK);
    if (header === null)
      return members === 0 ? { why: 'it is empty' } : { why: 'it ends before its end mark' };
    if (header.every((byte) => byte === 0)) return null;
    if (!isHeader(header)) return { why: `what follows file ${members} is no tar header` };
    const type = String.fromCharCode(header[156] ?? 0);
    const size = long.size ?? numberAt(header, 124, 12);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === 'L' || type === 'x') {
      if (size > MOST_NAME_BYTES) return { why: `the name of file ${members + 1} is too long` };
      const extra = await bytes.exactly(size + padding);
      if (extra === null) return { why: 'it ends within a name' };
      long = {
        ...long,
        ...(type === 'L' ? { name: textIn(extra, 0, size) } : paxOf(extra.toString('utf8', 0, size))),
      };
      continue;
    }
    const member = {
      name: long.name ?? nameOf(header),
      writtenMs: numberAt(header, 136, 12) * 1000,
      chunks: bytes.next(size),
    };
    long = {};
    if (type === '0' || type === '\0' || type === '7') await take(member);
    if (!(await bytes.pass(padding))) return { why: `it ends within ${member.name}` };
  }
  return { why: `it has more than ${MOST_MEMBERS} files` };
};

const isHeader = (header: Buffer): boolean => {
  let sum = 8 * 32;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum === numberAt(header, 148, 8) && numberAt(header, 124, 12) >= 0;
};

const textIn = (bytes: Buffer, from: number, to: number): string => {
  const end = bytes.subarray(from, to).indexOf(0);
  return bytes.toString('utf8', from, end === -1 ? to : from + end);
};

const nameOf = (header: Buffer): string => {
  const prefix = textIn(header, 257, 262) === 'ustar' ? textIn(header, 345, 500) : '';
  return prefix === '' ? textIn(header, 0, 100) : `${prefix}/${textIn(header, 0, 100)}`;
};

/** Octal, or big-endian behind a first byte of 0x80; -1 when it is neither. */
const numberAt = (header: Buffer, at: number, length: number): number => {
  if (header[at] === 0x80) {
    const large = header.readBigUInt64BE(at + length - 8);
    return large <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(large) : -1;
  }
  const digits = textIn(header, at, at + length).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : -1;
};

const paxOf = (text: string): { name?: string; size?: number } => {
  const path = /(?:^|\n)\d+ path=([^\n]*)/.exec(text)?.[1];
  const size = /(?:^|\n)\d+ size=(\d{1,15})\n/.exec(text)?.[1];
  return {
    ...(path === undefined ? {} : { name: path }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
};

type Bytes = {
  /** null when there are not as many. */
  exactly(count: number): Promise<Buffer | null>;
  /** The next so many, as they come; what of them was not read is passed over first by whatever reads on. */
  next(count: number): Chunks;
  /** False when there are not as many. */
  pass(count: number): Promise<boolean>;
};

const bytesOf = (chunks: Chunks): Bytes => {
  const source = chunks[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  /** Of the last `next`. */
  let unread = 0;

  /** Some of at most so many bytes; null at the end. */
  const some = async (most: number): Promise<Uint8Array | null> => {
    while (held.length === 0) {
      const { done, value } = await source.next();
      if (done === true) return null;
      held = value;
    }
    const taken = held.subarray(0, most);
    held = held.subarray(most);
    return taken;
  };

  const pass = async (count: number): Promise<boolean> => {
    let left = unread + count;
    unread = 0;
    while (left > 0) {
      const taken = await some(left);
      if (taken === null) return false;
      left -= taken.length;
    }
    return true;
  };

  return {
    pass,
    exactly: async (count) => {
      if (!(await pass(0))) return null;
      const parts: Uint8Array[] = [];
      for (let left = count; left > 0; ) {
        const taken = await some(left);
        if (taken === null) return null;
        parts.push(taken);
        left -= taken.length;
      }
      return Buffer.concat(parts);
    },
    next: (count) => {
      unread = count;
      return (async function* () {
        while (unread > 0) {
          const taken = await some(unread);
          if (taken === null) return;
          unread -= taken.length;
          yield taken;
        }
      })();
    },
  };
};
