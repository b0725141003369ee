/** Where a session of another host is traced: what goes on there ends with it, and with one that never began. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { placeOf } from '../../src/cli/place.ts';
import { failure } from '../../src/errors.ts';
import { createRemoteClock } from '../../src/remote/clock.ts';
import type { RemoteHost } from '../../src/remote/host.ts';
import { createOwn } from '../../src/remote/own.ts';
import type { Source } from '../../src/session/ports.ts';

const INTERVAL_MS = 500;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const remoteHost = (): RemoteHost =>
  ({
    own: createOwn(),
    cache: new Map(),
    self: () => 1,
    clock: createRemoteClock(() => 0),
    current: () => null,
    onOver: () => undefined,
  }) as Partial<RemoteHost> as RemoteHost;

it('looks at the host no more when tracing could not begin', async () => {
  const lost = failure('E_SSH', { host: 'db7', why: 'nothing was heard of db7 for 6 s' });
  const source: Source = {
    open: async () => {
      // Some blocks have been asked for by then.
      await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
      throw lost;
    },
    records: () => {
      throw new Error('there are none');
    },
    stop: () => undefined,
  };
  const context = { remote: remoteHost(), env: {} } as Partial<Context> as Context;
  const watched = placeOf(context, INTERVAL_MS).wrap(source);
  await expect(watched.open()).rejects.toBe(lost);
  expect(vi.getTimerCount()).toBe(0);
});
