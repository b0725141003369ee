/**
 * For programs that read files only: what comes by, as a file that nobody else can open and nothing is left of, however
 * we end. Its name is gone as soon as it is open; who reads it is handed the open file.
 */
import { closeSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Chunks } from '../../foreign/lines.ts';
import { createUnnamed } from '../../host/unnamed-file.ts';

export type Store = { readonly folder: string; readonly mostBytes: number };

/** On a disk: what an installed program makes of a file that lies on one. */
export const onDisk = (): Store => ({ folder: tmpdir(), mostBytes: 1024 ** 3 });

const MEMORY = '/dev/shm';
const TMPFS_MAGIC = 0x01021994;

/** In memory, for what comes out of an archive or a pipe: nothing of those goes onto the disk. Throws an Error in words. */
export const inMemory = (): Store => {
  if (!isMemory(MEMORY)) throw new Error(`${MEMORY}, where it would be held in memory, is not there`);
  return { folder: MEMORY, mostBytes: 256 * 1024 ** 2 };
};

const isMemory = (folder: string): boolean => {
  try {
    return statfsSync(folder).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
};

/** `read` is given the open file. Throws an Error in words where there is too much, or no room. */
export async function* asFile(
  chunks: Chunks,
  store: Store,
  read: (file: number) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const file = createUnnamed(store.folder);
  try {
    await fill(file, chunks, store);
    yield* read(file);
  } finally {
    closeSync(file);
  }
}

const fill = async (file: number, chunks: Chunks, { folder, mostBytes }: Store): Promise<void> => {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`there is more of it than the ${mostBytes / 1024 ** 2} MiB held`);
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    } catch (error) {
      throw new Error(`${folder} has no room for it: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
};
