/** A session of another host that was restarted meanwhile: said, and in the exit status. */
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { onHost } from '../../src/cli/on-host.ts';
import { failure } from '../../src/errors.ts';
import type { openHost, RemoteHost } from '../../src/remote/host.ts';

const over = failure('E_RESTARTED', { host: 'db7' });

const sessionOf = async (state: RemoteHost['over'], status: number) => {
  const said: string[] = [];
  const closed: string[] = [];
  const open: typeof openHost = async () =>
    ({ searchPath: '/usr/bin', over: state, close: () => closed.push('closed') }) as unknown as RemoteHost;
  const context = {
    env: {},
    stderr: { write: (text: string) => said.push(text) },
    interruption: { onRequest: () => undefined },
  } as unknown as Context;
  const wish = { host: 'db7', probeDirs: [] };
  const end = await onHost(context, wish, async () => status, open).catch((error: unknown) => error);
  return { end, said: said.join(''), closed };
};

describe('a session of a host that was restarted', () => {
  it('ends with its error where it would have ended in order', async () => {
    const { end, closed } = await sessionOf(() => over, 0);
    expect(end).toBe(over);
    expect(over.exit).toBe(6);
    expect(closed).toEqual(['closed']);
  });

  it('keeps the status of what ended it as well, and says it', async () => {
    const { end, said } = await sessionOf(() => over, 130);
    expect(end).toBe(130);
    expect(said).toBe('stallscope: db7 was restarted, which ended the session.\n');
  });

  it('is one in order where the host is the same', async () => {
    expect(await sessionOf(() => null, 0)).toEqual({ end: 0, said: '', closed: ['closed'] });
  });
});
