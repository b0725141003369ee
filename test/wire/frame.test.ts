import { describe, expect, it } from 'vitest';
import { decodeFrame } from '../../src/wire/frame.ts';
import { jsonLines } from '../helpers/captured.ts';

describe('lines of our scripts', () => {
  it.each([
    ['begin 3654034964771\n', { kind: 'begin', bootUs: 3654034964, pid: null, ppid: null }],
    ['begin 1000 3858 0\n', { kind: 'begin', bootUs: 1, pid: 3858, ppid: null }],
    ['begin 1000 3858 3854\n', { kind: 'begin', bootUs: 1, pid: 3858, ppid: 3854 }],
    ['name 7 3999 7 a b\n', { kind: 'name', pid: 7, bootUs: 3, comm: '7 a b' }],
    ['meet 7 3999 10000000 1 7 a\n', { kind: 'meet', pid: 7, bootUs: 3, startMs: 10, ppid: 1, comm: '7 a' }],
    ['meet 7 3999 0 0 a\n', { kind: 'meet', pid: 7, bootUs: 3, startMs: null, ppid: null, comm: 'a' }],
    ['tick 3885996195332\n', { kind: 'tick', bootUs: 3885996195 }],
    ['tock\n', { kind: 'tock' }],
    ['tock', { kind: 'tock' }],
    ['end 1000\n', { kind: 'end', bootUs: 1 }],
    ['forget 7 3999\n', { kind: 'forget', pid: 7, bootUs: 3 }],
    [
      'exit 19734 3886002950098 3886001135796 touch\n',
      { kind: 'exit', pid: 19734, bootUs: 3886002950, startMs: 3886000, comm: 'touch' },
    ],
    ['exit 7 1000 0 gone\n', { kind: 'exit', pid: 7, bootUs: 1, startMs: null, comm: 'gone' }],
    ['exit 7 1000 19999999 a b, (c)\n', { kind: 'exit', pid: 7, bootUs: 1, startMs: 10, comm: 'a b, (c)' }],
    ['exit 7 1000 10000000 \n', { kind: 'exit', pid: 7, bootUs: 1, startMs: 10, comm: '' }],
    [
      'exit 7 1000 10000000 two\nlines\n',
      { kind: 'exit', pid: 7, bootUs: 1, startMs: 10, comm: 'two\nlines' },
    ],
    [
      'exit 7 18446744073709551615 10000000 x\n',
      { kind: 'exit', pid: 7, bootUs: 18446744073709552, startMs: 10, comm: 'x' },
    ],
    [
      'file python_program 7 1000 10000000 6 8652147 uwsgi\n/srv/a b/uwsgi\n',
      {
        ...{ kind: 'file', map: '@python_program', pid: 7, bootUs: 1, startMs: 10, ppid: 6 },
        ...{ inode: 8652147, comm: 'uwsgi', name: '/srv/a b/uwsgi' },
      },
    ],
    [
      'file python_library 7 1000 0 0 42 odd name\ntwo\nlines\n',
      {
        ...{ kind: 'file', map: '@python_library', pid: 7, bootUs: 1, startMs: null, ppid: null },
        ...{ inode: 42, comm: 'odd name', name: 'two\nlines' },
      },
    ],
  ])('%j', (line, event) => {
    expect(decodeFrame(line)).toEqual(event);
  });

  it.each(['', 'tick\n', 'tick x\n', 'tocks\n', 'exit 7\n', 'forget 7 8 9\n', ' tock\n', 'user text\n'])(
    'not ours: %j',
    (line) => {
      expect(decodeFrame(line)).toBeNull();
    },
  );

  it('knows every line of a real session, in the order of the protocol', () => {
    const lines = jsonLines('captured/bpftrace-0.17/session.ndjson') as { type: string; data: string }[];
    const kinds = lines
      .filter(({ type }) => type === 'printf')
      .map(({ data }) => decodeFrame(data)?.kind ?? data);
    expect(kinds.filter((kind) => kind === 'exit')).toHaveLength(11);
    expect(kinds[0]).toBe('begin');
    expect(kinds.at(-1)).toBe('end');
    expect(new Set(kinds)).toEqual(new Set(['begin', 'exit', 'tick', 'tock', 'end']));
  });
});
