/** Waits that go on are counted while they do, and no figure of them ever falls. */
import { beforeEach, expect, it } from 'vitest';
import type { CounterEntry, ProbeInUse } from '../../src/core/record.ts';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { createOpenWaits } from '../../src/probes/kinds/open-waits.ts';
import type { Derivation } from '../../src/session/ports.ts';

const variant = (id: string): ProbeInUse => ({ id: 'blocked', variant: id, state: 'attached' });

let waits: Derivation;
beforeEach(() => {
  waits = createOpenWaits(findProbe(loadCatalogue(), 'blocked').manifest);
  waits.restart([variant('tracepoint')]);
});

const read = (atMs: number, maps: Readonly<Record<string, readonly CounterEntry[]>>) =>
  Object.fromEntries(
    [
      ...(waits.complete?.(
        new Map(Object.entries(maps).map(([name, entries]) => [`blocked.${name}`, entries])),
        atMs * 1_000,
      ) ?? []),
    ].filter(([metric]) => !(metric in waits.internal)),
  );

/** As the script writes it. */
const since = (atMs: number, io = false): number => 2_000 * atMs + (io ? 1 : 0);

it('a wait counts while it lasts, and is over when it has ended', () => {
  expect(read(100, { open: [[7, 70, since(40)]], count: [[7, 1]] })).toEqual({
    'blocked.count': [[7, 1]],
    'blocked.ns': [[7, 60_000_000]],
    'blocked.io_ns': [[7, 0]],
    'blocked.max_ns': [[7, 60_000_000]],
    'blocked.now': [[7, 1]],
  });
  expect(read(200, { open: [], count: [[7, 1]], ns: [[7, 90_000_000]], max_ns: [[7, 90_000_000]] })).toEqual({
    'blocked.count': [[7, 1]],
    'blocked.ns': [[7, 90_000_000]],
    'blocked.io_ns': [[7, 0]],
    'blocked.max_ns': [[7, 90_000_000]],
    'blocked.now': [[7, 0]],
  });
  expect(read(300, { ns: [[7, 90_000_000]] })).not.toHaveProperty(['blocked.now']);
});

it('threads of a process add up, and those for block I/O are distinguished', () => {
  const seen = read(100, {
    open: [
      [7, 70, since(40)],
      [7, 71, since(90, true)],
      [8, 80, since(99, true)],
    ],
    ns: [[7, 5]],
    io_ns: [[7, 3]],
    max_ns: [[7, 5]],
  });
  expect(seen['blocked.ns']).toEqual([
    [7, 70_000_005],
    [8, 1_000_000],
  ]);
  expect(seen['blocked.io_ns']).toEqual([
    [7, 10_000_003],
    [8, 1_000_000],
  ]);
  expect(seen['blocked.now']).toEqual([
    [7, 2],
    [8, 1],
  ]);
});

it('a thread whose entry is 0 waits no more', () => {
  expect(read(100, { open: [[7, 70, 0]] })).not.toHaveProperty(['blocked.now']);
  const seen = read(200, {
    open: [
      [7, 70, 0],
      [7, 71, since(190)],
    ],
    ns: [[7, 5]],
  });
  expect(seen['blocked.now']).toEqual([[7, 1]]);
  expect(seen['blocked.ns']).toEqual([[7, 10_000_005]]);
  expect(seen['blocked.max_ns']).toEqual([[7, 10_000_000]]);
  expect(read(300, { open: [[7, 71, 0]], ns: [[7, 12_000_005]] })['blocked.now']).toEqual([[7, 0]]);
});

it('one that ends between the printing of two maps takes nothing back', () => {
  read(100, { open: [[7, 70, since(40)]], ns: [[7, 10]] });
  expect(read(200, { ns: [[7, 10]], open: [] })['blocked.ns']).toEqual([[7, 60_000_010]]);
  expect(read(300, { ns: [[7, 140_000_010]] })['blocked.ns']).toEqual([[7, 140_000_010]]);
});

it('a process whose keys are gone counts from zero again', () => {
  read(100, { ns: [[7, 10]] });
  read(200, {});
  expect(read(300, { open: [[7, 70, since(299)]] })['blocked.ns']).toEqual([[7, 1_000_000]]);
});

it('one that began after the tick has lasted for no time, not for less than none', () => {
  expect(read(100, { open: [[7, 70, since(101)]] })['blocked.ns']).toEqual([[7, 0]]);
});

it('serves any probe that has such waits, by its own names', () => {
  const syncs = createOpenWaits(findProbe(loadCatalogue(), 'sync').manifest);
  syncs.restart([{ id: 'sync', variant: 'syscalls', state: 'attached' }]);
  const counters = new Map<string, readonly CounterEntry[]>([
    ['sync.open', [[7, 70, since(70)]]],
    ['sync.calls', [[7, 24]]],
    ['blocked.ns', [[7, 5]]],
  ]);
  expect(Object.fromEntries(syncs.complete?.(counters, 100_000) ?? [])).toEqual({
    'sync.open': [[7, 70, since(70)]],
    'sync.calls': [[7, 24]],
    'blocked.ns': [[7, 5]],
    'sync.ns': [[7, 30_000_000]],
    'sync.max_ns': [[7, 30_000_000]],
    'sync.now': [[7, 1]],
  });
});

it('where block I/O is not distinguished, nothing is said of it', () => {
  waits.restart([variant('switch')]);
  const seen = read(100, { open: [[7, 70, since(40)]] });
  expect(seen).not.toHaveProperty(['blocked.io_ns']);
  expect(seen['blocked.ns']).toEqual([[7, 60_000_000]]);
});
