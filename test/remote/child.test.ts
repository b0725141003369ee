/** A tracer on another host, behind its port, with a channel that a test speaks through. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startRemoteChild } from '../../src/remote/child.ts';
import type { Connection, TracerChannel } from '../../src/remote/connection.ts';
import { GREETING } from '../../src/remote/scripts.ts';

const started = async () => {
  const stdout = new PassThrough();
  const ssh = Object.assign(new EventEmitter(), {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
  });
  let cut: (why: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    cut = resolve;
  });
  const log: string[] = [];
  const channel = {
    ssh,
    onNotice: () => undefined,
    onError: () => undefined,
    kill: () => ssh.emit('close', 255, null),
    traces: () => log.push('traces'),
  } as unknown as TracerChannel;
  const connection = { ended, channel: () => channel } as Partial<Connection> as Connection;
  const child = startRemoteChild({
    launcher: [],
    file: '/usr/bin/bpftrace',
    args: [],
    env: {},
    host: 'root@db7',
    connection: async () => connection,
    fileNow: () => '/usr/bin/bpftrace',
    own: () => undefined,
    began: () => undefined,
  });
  child.stdout.on('data', (chunk: Buffer) => log.push(String(chunk)));
  child.stderr.resume();
  await setImmediate();
  const says = async (text: string): Promise<void> => {
    stdout.write(text);
    await setImmediate();
  };
  return { child, says, cut, log };
};

describe('a tracer on another host', () => {
  it('traces from its first word on, which comes after the greeting', async () => {
    const { child, says, cut, log } = await started();
    await says(`Welcome to db7\n${GREETING}\n`);
    expect(log).toEqual([]);
    await says('{"type":"attached_probes"}\n');
    expect(log).toEqual(['traces', '{"type":"attached_probes"}\n']);
    cut('over');
    await child.ended;
  });

  it('that ends with its link is lost, by no fault of its script', async () => {
    const { child, cut } = await started();
    cut('nothing was heard of db7 for 20 s');
    expect(await child.ended).toMatchObject({
      how: 'nothing was heard of db7 for 20 s',
      lost: { code: 'E_SSH', message: 'ssh to root@db7 failed: nothing was heard of db7 for 20 s.' },
    });
  });
});
