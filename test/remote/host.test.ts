/** A host behind its port: what a session is told of it when the link comes back, and it is another boot of it. */

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/remote/address.ts';
import type { Connection, connect } from '../../src/remote/connection.ts';
import { openHost } from '../../src/remote/host.ts';
import { createReader } from '../../src/remote/reader.ts';

const MARK = 'f00dfeed';

/** What the reader there says of itself, and of its uptime. */
const answersOf = (boot: string, uptime: string): Readonly<Record<string, string>> => ({
  i: `pid 77 78 76\nuser root\nuid 0\nname db7\nsystem Linux\nkernel 6.1.0\narch x86_64\nboot ${boot}\npath /usr/bin`,
  d: '1796132198 000000000',
  u: `${uptime} 1.00`,
});

type Boot = { readonly boot: string; readonly uptime: string };

/** Connections to one boot after the other, in the order they are made. */
const hostOf = (boots: readonly Boot[]) => {
  const made: { cut(why: string): void; closed: boolean }[] = [];
  const connectTo: typeof connect = async () => {
    const { boot, uptime } = boots[Math.min(made.length, boots.length - 1)] ?? { boot: '', uptime: '' };
    const input = new PassThrough();
    const output = new PassThrough();
    const reader = createReader({
      input,
      output,
      mark: MARK,
      own: () => undefined,
      flooded: () => undefined,
    });
    const answers = answersOf(boot, uptime);
    createInterface({ input }).on('line', (line) =>
      output.write(`${answers[line.slice(0, 1)] ?? ''}\n${MARK} 0 0\n`),
    );
    let end: (why: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const one = {
      closed: false,
      cut: (why: string): void => {
        reader.end(new Error(why));
        end(why);
      },
    };
    made.push(one);
    const connection: Connection = {
      reader,
      ended,
      channel: () => {
        throw new Error('nothing is traced here');
      },
      silentMs: () => 0,
      close: () => {
        one.closed = true;
      },
    };
    return connection;
  };
  return { made, connectTo };
};

const opened = async (...boots: readonly Boot[]) => {
  const { made, connectTo } = hostOf(boots);
  const host = await openHost({ address: readAddress('root@db7'), filters: new Map(), connectTo });
  const told: string[] = [];
  host.onOver((why) => told.push(why));
  const cut = async (): Promise<void> => {
    made.at(-1)?.cut('the link ended');
    await Promise.resolve();
  };
  return { host, made, told, cut };
};

const look = (files: { text(path: string): string | null }): string | null => files.text('/proc/uptime');

describe('a host whose link comes back', () => {
  it('goes on where it is the same boot', async () => {
    const { host, made, told, cut } = await opened({ boot: 'a', uptime: '1000.00' });
    await cut();
    await host.settle(look, new Map());
    expect({ connections: made.length, told, over: host.over() }).toEqual({
      connections: 2,
      told: [],
      over: null,
    });
  });

  it('is over where it was restarted, whoever finds out', async () => {
    const { host, made, told, cut } = await opened(
      { boot: 'a', uptime: '1000.00' },
      { boot: 'b', uptime: '12.00' },
    );
    await cut();
    await expect(host.settle(look, new Map())).rejects.toThrow('db7 was restarted');
    expect(told).toEqual(['db7 was restarted']);
    expect(host.over()).toMatchObject({ code: 'E_RESTARTED', exit: 6 });
    expect(made.at(-1)?.closed).toBe(true);
  });

  it('is not connected to again, and tells it once', async () => {
    const { host, made, told, cut } = await opened(
      { boot: 'a', uptime: '1000.00' },
      { boot: 'b', uptime: '12.00' },
    );
    await cut();
    await expect(host.settle(look, new Map())).rejects.toThrow('restarted');
    await expect(host.settle(look, new Map())).rejects.toThrow('restarted');
    expect({ connections: made.length, told }).toEqual({ connections: 2, told: ['db7 was restarted'] });
  });

  it('keeps the clock of the boot that is watched', async () => {
    const { host, cut } = await opened({ boot: 'a', uptime: '1000.00' }, { boot: 'b', uptime: '90000.00' });
    await cut();
    await expect(host.settle(look, new Map())).rejects.toThrow('restarted');
    expect(host.current()).toBeNull();
    expect(host.clock.bootUs()).toBeLessThan(80_000e6);
  });
});
