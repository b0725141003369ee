/**
 * The process that listens: it gives up root before it opens its port, and knows nothing of tracing. What it serves it asks
 * its parent for; when that is gone, so is this.
 */
import { prefersOpenMetrics } from './accept.ts';
import { dropRoot } from './drop-root.ts';
import type { Answer, Ask, Report, Start } from './protocol.ts';
import { createPageServer, type Page, shared } from './server.ts';

/** A parent that has no time is not waited for. */
const PATIENCE_MS = 5_000;

const report = (message: Report): void => {
  process.send?.(message, () => undefined);
};

// Ctrl-C in a terminal reaches everybody there; the parent decides when it ends.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));

const waiting = new Map<number, (page: Page) => void>();
let asked = 0;

const BUSY: Page = { status: 503, type: 'text/plain; charset=utf-8', body: 'no answer in time\n' };

const askParent = shared(
  (what: Ask['what']): Promise<Page> =>
    new Promise((resolve) => {
      asked += 1;
      const id = asked;
      const limit = setTimeout(() => settle(BUSY), PATIENCE_MS);
      const settle = (page: Page): void => {
        clearTimeout(limit);
        waiting.delete(id);
        resolve(page);
      };
      waiting.set(id, settle);
      const { user, system } = process.cpuUsage();
      const cost = { cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() };
      report({ type: 'ask', id, what, cost });
    }),
);

const begin = (start: Start): void => {
  dropRoot(start.owner);
  const server = createPageServer((path, accept) => {
    if (path === '/healthz') return () => askParent('health');
    if (path !== '/metrics') return null;
    return () => askParent(prefersOpenMetrics(accept) ? 'openmetrics' : 'plain');
  }, start.anyName);
  server.on('error', (error: NodeJS.ErrnoException) =>
    report({ type: 'failed', why: error.code ?? error.message }),
  );
  server.listen({ host: start.host, port: start.port, backlog: 64 }, () => {
    const address = server.address();
    report({ type: 'listening', port: typeof address === 'object' && address !== null ? address.port : 0 });
  });
};

process.on('message', (message: Start | Answer) => {
  if (message.type === 'start') begin(message);
  else waiting.get(message.id)?.(message.page);
});
