/** The process that listens, as it is run, with clients of every kind. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prefersOpenMetrics } from '../../src/serve/accept.ts';
import type { Ask, Report } from '../../src/serve/protocol.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const BODY = `${'x'.repeat(200_000)}\n`;
let child: ChildProcess;
let port = 0;
const asked: Ask[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  child = fork(fileURLToPath(built('serve/child.js')), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message: Report) => {
    if (message.type === 'listening') port = message.port;
    if (message.type !== 'ask') return;
    asked.push(message);
    const page = { status: 200, type: 'text/plain', body: message.what === 'health' ? 'ok\n' : BODY };
    setTimeout(() => child.connected && child.send({ type: 'answer', id: message.id, page }), 50);
  });
  const owner = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
  child.send({ type: 'start', host: '127.0.0.1', port: 0, anyName: false, owner });
  await until(() => port > 0);
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  child.disconnect();
});

const fetched = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; body: string; type: string }>((resolve, reject) => {
    const request = get({ port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, type: response.headers['content-type'] ?? '' }),
      );
    });
    request.on('error', reject);
  });

/** What a raw client is answered until it is cut off. */
const said = (text: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    sockets.add(socket);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });

describe('the process that listens', () => {
  it('has given up root', () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const uid = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    if (uid === 65_534) expect(status).toMatch(/^CapEff:\s+0+$/m);
  });

  it('answers 200 clients at once by asking once', async () => {
    asked.length = 0;
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetched('/metrics')));
    expect(answers.filter(({ status, body }) => status === 200 && body === BODY)).toHaveLength(200);
    expect(asked.length).toBeLessThan(20);
  });

  it.each([
    ['/', 'GET', {}, 404],
    ['/metrics', 'POST', {}, 405],
    ['/metrics', 'HEAD', {}, 200],
    ['/metrics?x=1', 'GET', {}, 200],
    ['/healthz', 'GET', {}, 200],
    ['/metrics', 'GET', { host: 'evil.example' }, 403],
    ['/metrics', 'GET', { host: 'localhost:1' }, 200],
    ['/%2e%2e/etc/passwd', 'GET', {}, 404],
  ] as const)('answers %s %s %j with %i', async (path, method, headers, status) => {
    expect((await fetched(path, headers, method)).status).toBe(status);
  });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n', /^HTTP\/1.1 400/],
    ['a header without end', `GET / HTTP/1.1\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 4/],
    ['two lengths', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', /^HTTP\/1.1 400/],
    ['a request that never ends', 'GET / HTTP/1.1\r\nhost: x', /^(HTTP\/1.1 4.*)?/],
  ])('cuts off %s', async (_, text, answer) => {
    expect(await said(text)).toMatch(answer);
  });

  it('goes on while clients hold their connections, and read nothing', async () => {
    for (let number = 0; number < 100; number += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.pause();
      socket.write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(20));
      sockets.add(socket);
    }
    expect((await fetched('/healthz')).status).toBe(200);
    const kib = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    expect(kib).toBeLessThan(300 * 1024);
  });
});

it.each([
  ['', false],
  ['*/*', false],
  ['text/html', false],
  ['application/openmetrics-text', true],
  ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3', true],
  ['application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.9', false],
  ['application/openmetrics-text;version=2.0.0', false],
  ['application/openmetrics-text;q=x', false],
])('Accept: %s', (accept, wanted) => {
  expect(prefersOpenMetrics(accept)).toBe(wanted);
});
