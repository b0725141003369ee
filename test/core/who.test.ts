/** Who is never meant: those who watch, in recordings that say so and in older ones, and kernel threads. */
import { describe, expect, it } from 'vitest';
import { createEntity, type Entity } from '../../src/core/entity.ts';
import type { HeaderRecord } from '../../src/core/record.ts';
import { isKernelThread, isOwn } from '../../src/core/who.ts';
import { headerOf } from '../helpers/stream.ts';

type Facts = Partial<Pick<Entity, 'ppid' | 'cmdline'>> & { readonly own?: boolean };

const processOf = (pid: number, comm: string, facts: Facts = {}): Entity =>
  Object.assign(createEntity(pid, 10, comm), facts);

const TOOL = 100;

const ownOf = (processes: readonly Entity[], change: Partial<HeaderRecord> = {}): number[] => {
  const base = headerOf();
  const header = { ...base, tool: { ...base.tool, pid: TOOL }, ...change };
  const owners = new Map(processes.map((one) => [one.pid, one]));
  return processes.filter((one) => isOwn(one, { header, owners })).map(({ pid }) => pid);
};

const FAMILY = [
  processOf(TOOL, 'node', { ppid: 50 }),
  processOf(101, 'bpftrace', { ppid: TOOL }),
  processOf(102, 'sh', { ppid: 101 }),
  processOf(103, 'filefrag', { ppid: TOOL }),
  processOf(200, 'node', { ppid: 50 }),
  processOf(201, 'bpftrace', { ppid: 50 }),
];

describe('our own processes', () => {
  it('are the tool, its tracer, its helpers, and what those start', () => {
    expect(ownOf(FAMILY)).toEqual([100, 101, 102, 103]);
  });

  it('are not the command after --, which is our child, nor what it starts', () => {
    const selection = { pids: [], comm: null, command: ['make'] };
    const make = [processOf(110, 'make', { ppid: TOOL }), processOf(111, 'cc', { ppid: 110 })];
    expect(ownOf([...FAMILY, ...make], { selection })).toEqual([100, 101, 102, 103]);
  });

  it('are those that the stream says are', () => {
    expect(ownOf([processOf(300, 'guard', { own: true }), processOf(301, 'child', { ppid: 300 })])).toEqual([
      300, 301,
    ]);
  });

  it('are another stallscope and its tracer too, by how it was started, and nobody who only reads about it', () => {
    const other = [
      processOf(400, 'node', { cmdline: 'node /opt/bin/stallscope.js record -o x' }),
      processOf(401, 'bpftrace', { ppid: 400 }),
      processOf(404, 'node', { cmdline: 'node stallscope.mjs record -o x' }),
      processOf(405, 'stallscope', { cmdline: '/usr/bin/stallscope record -o x' }),
      processOf(402, 'vim', { cmdline: 'vim stallscope.md' }),
      processOf(403, 'stallscope-proxy', { cmdline: '/usr/bin/stallscope-proxy' }),
    ];
    expect(ownOf(other)).toEqual([400, 401, 404, 405]);
  });

  it('are found in recordings that do not say who recorded', () => {
    const tool = { name: 'stallscope', version: '0.1.0' } as const;
    const old = [
      processOf(7027, 'node', { ppid: 6960 }),
      processOf(7039, 'bpftrace', { ppid: 7027 }),
      processOf(7040, 'node', { ppid: 1 }),
    ];
    expect(ownOf(old, { tool })).toEqual([7027, 7039]);
  });
});

describe('a kernel thread', () => {
  it.each<[string, Entity, boolean]>([
    ['a child of kthreadd', processOf(44, 'anything', { ppid: 2 }), true],
    ['an interrupt', processOf(0, 'swapper/1'), true],
    ['a worker whose parent nobody reported', processOf(45, 'kworker/u8:2', { cmdline: '' }), true],
    [
      'a program that calls itself a worker',
      processOf(46, 'kworker/u8:2', { ppid: 1, cmdline: './miner' }),
      false,
    ],
    ['a program', processOf(47, 'loopd', { ppid: 1 }), false],
  ])('%s', (_, entity, is) => {
    expect(isKernelThread(entity)).toBe(is);
  });
});
