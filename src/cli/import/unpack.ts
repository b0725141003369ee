/** Sources as they were before they were packed, a chunk at a time: gzip here, others by their own installed programs. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Chunks } from '../../foreign/lines.ts';
import { outputOf } from './program.ts';

type Packing = { readonly name: string; readonly magic: readonly number[]; readonly program: string | null };

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', magic: [0x1f, 0x8b], program: null },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: 'xz' },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68], program: 'bzip2' },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], program: 'zstd' },
];

export const packingOf = (head: Uint8Array): Packing | null =>
  PACKINGS.find(({ magic }) => magic.every((byte, at) => head[at] === byte)) ?? null;

/** Throws an Error in words where it cannot be unpacked. */
export async function* unpack(chunks: Chunks, { name, program }: Packing): AsyncGenerator<Uint8Array> {
  if (program === null) yield* gunzipped(chunks, name);
  else yield* outputOf([program, '-dc'], { input: chunks });
}

async function* gunzipped(chunks: Chunks, name: string): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const fed = pipeline(Readable.from(chunks), gunzip);
  fed.catch(() => undefined);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new Error(`it is damaged ${name}: ${(error as Error).message}`);
  } finally {
    gunzip.destroy();
  }
}
