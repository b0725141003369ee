/** The size of a page, which some files of /proc count in. It is in the auxiliary vector of every process. */
import { endianness } from 'node:os';
import { oncePerHost } from './files.ts';

const AT_PAGESZ = 6n;

export const pageBytesOf = oncePerHost(
  (files) => parsePageBytes(files.bytes('/proc/self/auxv') ?? Buffer.alloc(0)) ?? 4096,
);

/** Pairs of 64-bit words: a key, its value. Node runs on 64-bit Linux with few exceptions; those have pages of 4 KiB. */
export const parsePageBytes = (auxv: Buffer): number | null => {
  const word = (at: number): bigint =>
    endianness() === 'LE' ? auxv.readBigUInt64LE(at) : auxv.readBigUInt64BE(at);
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (word(at) === AT_PAGESZ) return Number(word(at + 8));
  }
  return null;
};
