/**
 * What packed files hold. Blocks are packed each for itself, and unpacked each for itself; what has no seal yet, or was
 * packed by others, is unpacked as far as it goes.
 */
import zlib, { constants, gunzipSync } from 'node:zlib';

/** Small pieces are not given room for large ones: it is garbage that is collected late. */
const CHUNK_BYTES = 256 * 1024;

type Unpack = (packed: Buffer, mostBytes: number, cutOff: boolean) => Buffer;

export type Container = 'gzip' | 'zstd';

/** zstd is in Node since 22.15 and 23.8. */
type Zstd = {
  readonly zstdDecompressSync?: (
    packed: Buffer,
    options: { readonly maxOutputLength: number; readonly finishFlush?: number },
  ) => Buffer;
};
const { zstdDecompressSync } = zlib as Zstd;

const UNPACK: Readonly<Record<Container, Unpack | null>> = {
  gzip: (packed, maxOutputLength, cutOff) =>
    gunzipSync(packed, {
      maxOutputLength,
      chunkSize: Math.max(64, Math.min(maxOutputLength, CHUNK_BYTES)),
      ...(cutOff ? { finishFlush: constants.Z_SYNC_FLUSH } : {}),
    }),
  zstd:
    zstdDecompressSync === undefined
      ? null
      : (packed, maxOutputLength, cutOff) =>
          // ZSTD_e_flush: what was cut off still gives what was flushed.
          zstdDecompressSync(packed, { maxOutputLength, ...(cutOff ? { finishFlush: 1 } : {}) }),
};

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGICS = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from([0x5b, 0x2a, 0x4d, 0x18])];

/** By its first bytes; null for text. */
export const containerOf = (head: Buffer): Container | null => {
  if (head.subarray(0, 2).equals(GZIP_MAGIC)) return 'gzip';
  return ZSTD_MAGICS.some((magic) => head.subarray(0, 4).equals(magic)) ? 'zstd' : null;
};

export const canUnpack = (container: Container): boolean => UNPACK[container] !== null;

/** One block; null when it is damaged or larger than it said. */
export const unpackBlock = (container: Container, packed: Buffer, textBytes: number): Buffer | null => {
  try {
    const text = UNPACK[container]?.(packed, Math.max(1, textBytes), false);
    return text?.length === textBytes ? text : null;
  } catch {
    return null;
  }
};

export type Unpacked = {
  readonly text: Buffer;
  /** How many packed bytes it is made of; fewer than were given when something in them is damaged. */
  readonly readBytes: number;
  readonly why: string | null;
};

/** As much as can be unpacked from the start: what was cut off or is damaged further on costs what comes after. */
export const unpackAsFarAsItGoes = (container: Container, packed: Buffer, mostBytes: number): Unpacked => {
  const unpack = UNPACK[container];
  if (unpack === null) return { text: Buffer.alloc(0), readBytes: 0, why: 'this Node cannot unpack it' };
  let why: string | null = null;
  const attempt = (length: number): Buffer | null => {
    try {
      return unpack(packed.subarray(0, length), mostBytes, true);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      why = code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : (code ?? message);
      return null;
    }
  };
  const whole = attempt(packed.length);
  if (whole !== null) return { text: whole, readBytes: packed.length, why: null };
  const reason = why;
  // The longest beginning that unpacks: zlib gives nothing back when it fails.
  let good = 0;
  let bad = packed.length;
  let text = Buffer.alloc(0);
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    const part = attempt(middle);
    if (part === null) bad = middle;
    else {
      good = middle;
      text = Buffer.from(part);
    }
  }
  return { text, readBytes: good, why: reason };
};
