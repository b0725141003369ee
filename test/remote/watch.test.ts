/** Blocks of another host's files, over a link that ends while they are on their way. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRemoteClock } from '../../src/remote/clock.ts';
import type { Connection } from '../../src/remote/connection.ts';
import type { RemoteHost } from '../../src/remote/host.ts';
import { createOwn } from '../../src/remote/own.ts';
import { createReader } from '../../src/remote/reader.ts';
import { createWatch } from '../../src/remote/watch.ts';

/** A host behind its port, of which nothing is heard any more. */
const silentHost = () => {
  const asked = new PassThrough();
  const reader = createReader({
    input: asked,
    output: new PassThrough(),
    mark: 'f00dfeed',
    own: () => undefined,
    flooded: () => undefined,
  });
  const connection: Connection = {
    reader,
    channel: () => {
      throw new Error('nothing is traced here');
    },
    ended: new Promise(() => undefined),
    silentMs: () => 0,
    close: () => undefined,
  };
  const host: Pick<RemoteHost, 'own' | 'cache' | 'self' | 'clock' | 'current' | 'silentMs'> = {
    own: createOwn(),
    cache: new Map(),
    self: () => 1,
    clock: createRemoteClock(),
    current: () => connection,
    silentMs: () => 0,
  };
  return { asked, reader, host: host as RemoteHost };
};

const unheard: unknown[] = [];
const hear = (reason: unknown): void => {
  unheard.push(reason);
};
beforeEach(() => {
  unheard.length = 0;
  process.on('unhandledRejection', hear);
});
afterEach(() => {
  process.off('unhandledRejection', hear);
});

describe('a link that ends while a block is on its way', () => {
  it('rejects nothing that nobody waits for, of all that was asked for', async () => {
    const { asked, reader, host } = silentHost();
    const watch = createWatch(host);
    for (const path of ['/sys/fs/cgroup', '/sys/block', '/run']) watch.files.names(path);
    watch.start(1);
    const letters = new Set<string>();
    for await (const chunk of asked) {
      for (const line of String(chunk).trim().split('\n')) letters.add(line.slice(0, 1));
      if (letters.has('t') && letters.has('n')) break;
    }
    watch.stop();
    reader.end(new Error('nothing was heard of target for 6 s'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(letters).toContain('t');
    expect(unheard).toEqual([]);
  });
});
