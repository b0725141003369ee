/** Where threads wait: who is looked at, and how it is added up. */
import { expect, it } from 'vitest';
import { createWaitChannels } from '../../src/tracer/wait-channels.ts';

const hostOf = (byPid: Readonly<Record<number, Readonly<Record<string, number>>>>) => {
  const asked: number[] = [];
  return {
    asked,
    waits: (pid: number) => {
      asked.push(pid);
      const byChannel = new Map(Object.entries(byPid[pid] ?? {}));
      return { threads: [...byChannel.values()].reduce((sum, one) => sum + one, 0), byChannel };
    },
  };
};

it('adds up over processes, the most threads first, and names whose they are', () => {
  const host = hostOf({ 7: { rwsem: 1, io: 2 }, 8: { rwsem: 9 }, 9: { rwsem: 2 } });
  const channels = createWaitChannels(host);
  const waiting = [[7, 3] as const, [8, 9] as const, [9, 2] as const];
  expect(channels.read(waiting)).toBeNull();
  expect(channels.read(waiting)).toEqual({
    threads: 14,
    channels: [
      { name: 'rwsem', threads: 12, pids: [8, 9, 7] },
      { name: 'io', threads: 2, pids: [7] },
    ],
  });
});

it('looks only at those that waited at the reading before, too', () => {
  const host = hostOf({ 7: { a: 1 }, 8: { b: 1 } });
  const channels = createWaitChannels(host);
  channels.read([[7, 1]]);
  channels.read([
    [7, 1],
    [8, 1],
  ]);
  expect(host.asked).toEqual([7]);
  channels.read([
    [7, 0],
    [8, 1],
  ]);
  expect(host.asked).toEqual([7, 8]);
});

it('looks at the processes with the most waiting threads, and no more than a bound', () => {
  const host = hostOf({});
  const channels = createWaitChannels(host);
  const many = Array.from({ length: 500 }, (_, index) => [index + 1, index + 1] as const);
  channels.read(many);
  channels.read(many);
  expect(host.asked).toHaveLength(32);
  expect(host.asked[0]).toBe(500);
});

it('says nothing when those that were to wait do so no more', () => {
  const channels = createWaitChannels(hostOf({ 7: {} }));
  channels.read([[7, 1]]);
  expect(channels.read([[7, 1]])).toBeNull();
});
