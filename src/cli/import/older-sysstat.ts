/**
 * sysstat's own file of an older version, which the installed sadf reads only once it has converted it (`sadf -c`): into a
 * file of a folder that is ours alone and gone when it was read.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { outputOf } from './program.ts';

/** The format since 11.7.1; older ones count up to it. */
const PRESENT = 0x2175;
const MOST_BYTES = 1024 ** 3;

/** Magic numbers are in the byte order of the machine that wrote them. */
export const isOlder = (head: Uint8Array): boolean => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isLittle = head[0] === 0x96;
  return head.length >= 4 && view.getUint16(2, isLittle) < PRESENT;
};

/** What `sadf -x` prints of it. */
export async function* convertedSysstat(path: string): AsyncGenerator<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'stallscope-import-'));
  const converted = join(folder, 'converted');
  try {
    await pipeline(
      Readable.from(bounded(outputOf(['sadf', '-c', path], null))),
      createWriteStream(converted, { mode: 0o600 }),
    );
    yield* outputOf(['sadf', '-x', converted, '--', '-A'], null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* bounded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('converted it is more than 1 GiB');
    yield chunk;
  }
}
