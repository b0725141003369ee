import { describe, expect, it } from 'vitest';
import { isOwn as isOwnAmong } from '../../src/core/who.ts';
import { headerOf } from '../helpers/stream.ts';

type Who = { readonly pid: number; readonly ppid: number; readonly comm: string; readonly own?: boolean };
const isOwn = (who: Who, header: ReturnType<typeof headerOf>): boolean =>
  isOwnAmong({ cmdline: null, ...who }, { header, owners: new Map() });

const TOOL = { name: 'stallscope', version: '1', pid: 100 } as const;
const header = headerOf({ tool: TOOL });
const withCommand = headerOf({ tool: TOOL, selection: { pids: [], comm: null, command: ['make'] } });

describe('whoever traces', () => {
  it('is the tool, what it starts, and what the recording says', () => {
    expect(isOwn({ pid: 100, ppid: 1, comm: 'node' }, header)).toBe(true);
    expect(isOwn({ pid: 101, ppid: 100, comm: 'bpftrace' }, header)).toBe(true);
    expect(isOwn({ pid: 102, ppid: 100, comm: 'sh' }, header)).toBe(true);
    expect(isOwn({ pid: 900, ppid: 1, comm: 'guard', own: true }, header)).toBe(true);
  });

  it('is not the command that is traced, though it is a child of ours too', () => {
    expect(isOwn({ pid: 101, ppid: 100, comm: 'bpftrace' }, withCommand)).toBe(true);
    expect(isOwn({ pid: 102, ppid: 100, comm: 'make' }, withCommand)).toBe(false);
  });

  it('is not another bpftrace, nor anybody in a recording that does not say', () => {
    expect(isOwn({ pid: 500, ppid: 1, comm: 'bpftrace' }, header)).toBe(false);
    expect(isOwn({ pid: 100, ppid: 1, comm: 'node' }, headerOf())).toBe(false);
  });
});
