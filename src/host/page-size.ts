/** The size of a page, which some files of /proc count in. It is in the auxiliary vector of every process. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

const AT_PAGESZ = 6n;

let known: number | null = null;

export const pageBytes = (): number => {
  known ??= readPageBytes();
  return known;
};

const readPageBytes = (): number => {
  try {
    return parsePageBytes(readFileSync('/proc/self/auxv')) ?? 4096;
  } catch {
    return 4096;
  }
};

/** Pairs of 64-bit words: a key, its value. Node runs on 64-bit Linux with few exceptions; those have pages of 4 KiB. */
export const parsePageBytes = (auxv: Buffer): number | null => {
  const word = (at: number): bigint =>
    endianness() === 'LE' ? auxv.readBigUInt64LE(at) : auxv.readBigUInt64BE(at);
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (word(at) === AT_PAGESZ) return Number(word(at + 8));
  }
  return null;
};
