/**
 * The process that pushes: it gives up root before it opens a connection, holds what waits for a database that is away, and
 * knows nothing of tracing. When its parent is gone, so is it; when its parent has ended in order, what waits is tried once more.
 */
import { gzipSync } from 'node:zlib';
import { dropRoot } from './drop-root.ts';
import { type Destination, postTo } from './post.ts';
import type { PushReport, PushRequest } from './protocol.ts';
import { createPushQueue } from './push-queue.ts';

// Ctrl-C in a terminal reaches everybody there; the parent decides when it ends.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

const report = (message: PushReport): void => {
  process.send?.(message, () => undefined);
};

let destination: Destination | null = null;
const queue = createPushQueue(
  async (page) => (destination === null ? null : postTo(destination, page)),
  (state) => report({ type: 'state', state }),
);

process.on('message', (message: PushRequest) => {
  if (message.type === 'start') {
    dropRoot(message.owner);
    destination = message.destination;
    report({ type: 'ready' });
  } else if (message.type === 'page') {
    queue.add(gzipSync(message.text));
    report({ type: 'taken' });
  } else void queue.flush().then(() => report({ type: 'flushed', state: queue.state() }));
});
