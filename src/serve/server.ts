/**
 * A small HTTP server for few pages that somebody else makes. GET and HEAD only; a page is asked for once at a time,
 * however many ask for it; connections, headers, and how long each may take are bounded, so that a client that is slow,
 * hostile or one of hundreds costs a bounded share of this process, and nothing of the one that makes the pages.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';

export type Page = { readonly status: number; readonly type: string; readonly body: string };

/** `accept` is what the client prefers; null where there is no such page. */
export type Pages = (path: string, accept: string) => (() => Promise<Page>) | null;

const MOST_CONNECTIONS = 256;
const MOST_HEADER_BYTES = 8 * 1024;
const REQUEST_MS = 5_000;
const RESPONSE_MS = 20_000;
/** Prometheus asks every 15 s or minute, and may keep its connection. */
const IDLE_MS = 65_000;

/** `anyName`: clients may know us by any name, because somebody has said to listen there. */
export const createPageServer = (pages: Pages, anyName: boolean): Server => {
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: IDLE_MS,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      const limit = setTimeout(() => request.socket.destroy(), RESPONSE_MS);
      response.on('close', () => clearTimeout(limit));
      void answer(request, response, pages, anyName).catch(() => request.socket.destroy());
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (_, socket) => {
    if (!socket.writable) return;
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', () => socket.destroy());
  });
  return server;
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
  anyName: boolean,
): Promise<void> => {
  request.resume();
  const page = await pageFor(request, pages, anyName);
  const bytes = bytesOf(page);
  response.writeHead(page.status, {
    'content-type': page.type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
};

/** One copy for all who get the same page, however long they take to read it. */
const made = new WeakMap<Page, Buffer>();

const bytesOf = (page: Page): Buffer => {
  const known = made.get(page) ?? Buffer.from(page.body);
  made.set(page, known);
  return known;
};

const pageFor = async (request: IncomingMessage, pages: Pages, anyName: boolean): Promise<Page> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET only');
  // A web page may have its own name stand for this address; it has no business here.
  if (!anyName && !isLocal(request.headers.host ?? '')) return plain(403, 'ask for it by its address');
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const make = pages(path, request.headers.accept ?? '');
  return make === null ? plain(404, 'there are /metrics and /healthz') : make();
};

const plain = (status: number, text: string): Page => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${text}\n`,
});

const isLocal = (host: string): boolean => {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === '' || name === 'localhost' || isIP(name) !== 0;
};

/** Made once for all who ask while it is being made. */
export const shared = <Key, Value>(make: (key: Key) => Promise<Value>): ((key: Key) => Promise<Value>) => {
  const running = new Map<Key, Promise<Value>>();
  return (key) => {
    const before = running.get(key);
    if (before !== undefined) return before;
    const made = make(key).finally(() => running.delete(key));
    running.set(key, made);
    return made;
  };
};
