/** How far a long source was read, on stderr. */
import type { Context } from '../context.ts';
import { say } from '../say.ts';
import type { Found } from './paths.ts';

const EVERY_MS = 5_000;

export const withProgress = (context: Context, found: Found): Found => ({
  ...found,
  writtenMs: found.writtenMs,
  open: () => counted(context, found),
});

async function* counted(context: Context, { name, open }: Found): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let saidMs = performance.now();
  for await (const chunk of open()) {
    bytes += chunk.length;
    if (performance.now() - saidMs > EVERY_MS) {
      saidMs = performance.now();
      say(context, `read ${Math.round(bytes / 2 ** 20)} MiB of ${name}`);
    }
    yield chunk;
  }
}
