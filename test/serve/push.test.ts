/** Pages on their way to a database that is away, slow, full, or somebody else: nothing grows, nothing goes elsewhere. */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readPush } from '../../src/cli/options.ts';
import { postTo } from '../../src/serve/post.ts';
import type { PushReport } from '../../src/serve/protocol.ts';
import { createPushQueue, type Failure, type PushState } from '../../src/serve/push-queue.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) close();
});

const serve = async (
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<string> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('a page that is posted', () => {
  const page = Buffer.from('x');
  const status = (code: number) =>
    serve((_, response) => response.writeHead(code, { location: 'http://127.0.0.1:1/' }).end());
  const post = (url: string): Promise<Failure | null> => postTo({ url, authorization: null }, page);

  it.each([
    [204, null],
    [200, null],
    [400, { why: 'it answers 400', again: false }],
    [401, { why: 'it answers 401', again: false }],
    [429, { why: 'it answers 429', again: true }],
    [503, { why: 'it answers 503', again: true }],
  ] as const)('is judged by the status %i', async (code, failed) => {
    expect(await post(await status(code))).toEqual(failed);
  });

  it('follows no redirect, with what authorises it or without', async () => {
    let elsewhere = 0;
    const other = await serve((_, response) => {
      elsewhere += 1;
      response.end();
    });
    const headers: (string | undefined)[] = [];
    const here = await serve((request, response) => {
      headers.push(request.headers.authorization);
      response.writeHead(307, { location: other }).end();
    });
    const failed = await postTo({ url: here, authorization: 'Bearer secret' }, page);
    expect(failed).toMatchObject({ again: false, why: expect.stringContaining('redirect') });
    expect({ elsewhere, headers }).toEqual({ elsewhere: 0, headers: ['Bearer secret'] });
  });

  it('is tried again where nobody listens', async () => {
    expect(await post('http://127.0.0.1:1/')).toEqual({ why: expect.any(String), again: true });
  });
});

describe('what waits', () => {
  const queueOf = (answers: readonly (Failure | null)[]) => {
    const [seen, states]: [string[], PushState[]] = [[], []];
    let at = 0;
    const queue = createPushQueue(
      async (page) => {
        seen.push(page.toString());
        const answer = answers[Math.min(at, answers.length - 1)] ?? null;
        at += 1;
        return answer;
      },
      (state) => states.push(state),
    );
    return { queue, seen, states };
  };
  const away = { why: 'ECONNREFUSED', again: true };

  it('goes out in order once the database is back, after growing pauses', async () => {
    vi.useFakeTimers();
    const { queue, seen, states } = queueOf([away, away, null]);
    for (const text of ['a', 'b', 'c']) queue.add(Buffer.from(text));
    await vi.advanceTimersByTimeAsync(1_001);
    expect(seen).toEqual(['a', 'a']);
    await vi.advanceTimersByTimeAsync(2_001);
    expect(seen).toEqual(['a', 'a', 'a', 'b', 'c']);
    expect(states.at(-1)).toEqual({ delivered: 3, dropped: 0, waiting: 0, problem: null });
  });

  it('is bounded by number and by bytes: the oldest goes, and is counted', async () => {
    const { queue } = queueOf([away]);
    for (let at = 0; at < 1_000; at += 1) queue.add(Buffer.from(String(at)));
    expect(queue.state()).toMatchObject({ waiting: 120, dropped: 880 });
    for (let at = 0; at < 10; at += 1) queue.add(Buffer.alloc(4 * 1024 * 1024));
    expect(queue.state().waiting).toBeLessThanOrEqual(2);
    await queue.flush();
    expect(queue.state()).toMatchObject({ delivered: 0, problem: 'ECONNREFUSED' });
  });

  it('is dropped when it is refused, and the next one is tried', async () => {
    const { queue, seen } = queueOf([{ why: 'it answers 400', again: false }, null]);
    queue.add(Buffer.from('a'));
    queue.add(Buffer.from('b'));
    await queue.flush();
    expect(seen).toEqual(['a', 'b']);
    expect(queue.state()).toEqual({ delivered: 1, dropped: 1, waiting: 0, problem: null });
  });
});

describe('the process that pushes', () => {
  const start = async (url: string) => {
    const child: ChildProcess = fork(fileURLToPath(built('serve/push-child.js')), [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    closing.push(() => child.kill('SIGKILL'));
    const reports: PushReport[] = [];
    child.on('message', (report: PushReport) => reports.push(report));
    const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
    child.send({ type: 'start', owner, destination: { url, authorization: null } });
    await until(() => reports.some(({ type }) => type === 'ready'));
    return { child, reports };
  };

  it('delivers pages packed, without root, says what became of them, and ends with its parent', async () => {
    const pages: string[] = [];
    const url = await serve((_, response, body) => {
      pages.push(gunzipSync(body).toString());
      response.writeHead(204).end();
    });
    const { child, reports } = await start(url);
    child.send({ type: 'page', text: 'a 1 2\n' });
    child.send({ type: 'page', text: 'b 1 2\n' });
    child.send({ type: 'flush' });
    await until(() => reports.some(({ type }) => type === 'flushed'));
    expect(pages).toEqual(['a 1 2\n', 'b 1 2\n']);
    expect(reports.at(-1)).toMatchObject({ state: { delivered: 2, dropped: 0, waiting: 0 } });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.disconnect();
    expect(await ended).toBe(0);
  });
});

describe('an address to push to', () => {
  it('is completed where VictoriaMetrics imports, and what authorises comes from the environment', () => {
    const env = { STALLSCOPE_PUSH_AUTHORIZATION: 'Bearer x' };
    expect(readPush('http://vm:8428', env)).toEqual({
      url: 'http://vm:8428/api/v1/import/prometheus',
      authorization: 'Bearer x',
    });
    expect(readPush('https://vm/insert/0/prometheus/api/v1/import/prometheus?a=b#c', {}).url).toBe(
      'https://vm/insert/0/prometheus/api/v1/import/prometheus?a=b',
    );
  });

  it.each(['vm:8428', 'file:///etc/passwd', 'http://user:secret@vm:8428', '', 'http://'])(
    'is refused as %s',
    (value) => {
      expect(() => readPush(value, {})).toThrow(/Metrics cannot be pushed/);
    },
  );

  it('is refused with what would be two headers', () => {
    const env = { STALLSCOPE_PUSH_AUTHORIZATION: 'a\r\nHost: x' };
    expect(() => readPush('http://vm', env)).toThrow(/one line/);
  });
});
