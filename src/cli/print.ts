/** Lines and NDJSON on an output that may close at any moment. */
import type { Writable } from 'node:stream';
import ndjson from 'ndjson';

export const printLines = (stdout: Writable, lines: readonly string[]): void => {
  stdout.write(`${lines.join('\n')}\n`);
};

/** Writes objects, one a line. When the reader is slow, `isBehind` says so; `end` resolves when all is written. */
export const createLineWriter = (stdout: Writable) => {
  const lines = ndjson.stringify() as unknown as Writable & NodeJS.ReadableStream;
  lines.pipe(stdout, { end: false });
  return {
    write: (value: object): void => {
      lines.write(value);
    },
    isBehind: (): boolean => stdout.writableLength > 4 * 1024 * 1024,
    end: async (): Promise<void> => {
      await new Promise<void>((resolve) => lines.once('end', resolve).end());
      if (stdout.writableLength > 0 && !stdout.destroyed) {
        await new Promise<void>((resolve) => stdout.write('', () => resolve()));
      }
    },
  };
};
