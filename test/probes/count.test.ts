import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../src/errors.ts';
import { assemble } from '../../src/probes/assemble.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { COUNT_FORMS, countEntry, readCount } from '../../src/probes/count.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { hostFacts, KERNEL_6_18 } from './hosts.ts';

const fine = () => ({ functionProblem: () => null, markerProblem: () => null });
const facts = hostFacts({ tracepoints: KERNEL_6_18, functions: ['vfs_read'], program: fine });
const select = (counts: readonly string[], host = facts) => {
  const { manifest, folder, scripts } = countEntry(counts.map(readCount));
  return selectVariant(manifest, folder, host, { scripts });
};
const assembled = (counts: readonly string[], host = facts) =>
  assemble({
    selected: [select(counts, host)],
    filter: { kind: 'all' },
    intervalMs: 1000,
    mapKeys: 1024,
    facts: host,
  });
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return isFailure(error) ? error.code : String(error);
  }
  return 'nothing was wrong';
};

const FIND = 'find_allocation=uprobe:/usr/bin/qemu-system-x86_64:find_allocation';

describe('--count', () => {
  it('takes each kind apart', () => {
    expect(readCount(FIND)).toEqual({
      name: 'find_allocation',
      kind: 'uprobe',
      parts: ['/usr/bin/qemu-system-x86_64', 'find_allocation'],
    });
    expect(readCount('gc=usdt:python3:python:gc__start')).toEqual({
      name: 'gc',
      kind: 'usdt',
      parts: ['python3', 'python', 'gc__start'],
    });
    expect(readCount('forks=tracepoint:sched:sched_process_fork').parts).toEqual([
      'sched',
      'sched_process_fork',
    ]);
    expect(readCount('reads=kprobe:vfs_read').parts).toEqual(['vfs_read']);
    expect(readCount('f=uprobe:./a:_ZN2ns1fEi.cold').parts).toEqual(['./a', '_ZN2ns1fEi.cold']);
    expect(COUNT_FORMS).toHaveLength(4);
  });

  it.each([
    ['nothing', '', 'not of the form NAME=KIND'],
    ['no name', '=uprobe:/a:f', 'the name ""'],
    ['a name in capitals', 'Find=uprobe:/a:f', 'the name "Find"'],
    ['a name that is script', 'a]=uprobe:/a:f', 'the name "a]"'],
    ['an endless name', `${'a'.repeat(41)}=uprobe:/a:f`, 'longer than 40'],
    ['an unknown kind', 'a=uretprobe:/a:f', 'there is no kind "uretprobe"'],
    ['a kind of JavaScript', 'a=constructor:/a:f', 'there is no kind "constructor"'],
    ['no function', 'a=uprobe:/a', 'not of the form uprobe:PATH:FUNCTION'],
    ['an empty function', 'a=uprobe:/a:', 'not of the form uprobe:PATH:FUNCTION'],
    ['no marker', 'a=usdt:/a:python', 'not of the form usdt:PATH:PROVIDER:MARKER'],
    ['a C++ name', 'a=uprobe:/a:ns::f', 'written mangled'],
    ['a wildcard', 'a=uprobe:/a:f*', '"*"'],
    ['a wildcard event', 'a=tracepoint:sched:*', '"*"'],
    ['an address', 'a=uprobe:/a:0x1234', 'begins with a digit'],
    ['a clause more', 'a=kprobe:f /1/ { system("id") } kprobe:g', '" "'],
    ['a line more', 'a=uprobe:/a:f\nkprobe', '"\\n"'],
  ])('refuses %s', (_, value, message) => {
    expect(() => readCount(value)).toThrow(message);
    expect(codeOf(() => readCount(value))).toBe('E_COUNT');
  });

  it('refuses a path that bpftrace would read otherwise, and a name that is there twice', () => {
    for (const path of [
      '/a b',
      '/a,b',
      '/a*',
      '/a?',
      '/a[b]',
      '/a{b}',
      '/a"b',
      "/a'b",
      '/a$1',
      '/a@b',
      '/a%b',
    ]) {
      const count = { name: 'n', kind: 'uprobe', parts: [path, 'f'] } as const;
      expect(() => countEntry([count])).toThrow('the path has the character');
    }
    for (const [path, why] of [
      ['a', 'not absolute'],
      ['/a//b', 'empty'],
      ['/a/../b', '".."'],
      ['/a/', 'empty'],
      [`/${'a'.repeat(2000)}`, 'longer'],
    ] as const) {
      expect(() => countEntry([{ name: 'n', kind: 'uprobe', parts: [path, 'f'] }])).toThrow(why);
    }
    expect(() => countEntry([readCount(FIND), readCount('find_allocation=kprobe:f')])).toThrow('there twice');
  });

  it('becomes a probe like any other', () => {
    const { script, metrics, bindings, attachPoints, ownerOfLine } = assembled([
      FIND,
      'forks=tracepoint:sched:sched_process_fork',
    ]);
    expect(script).toContain('uprobe:/usr/bin/qemu-system-x86_64:find_allocation\n/1/');
    expect(script).toContain('@count_find_allocation[pid] = count();');
    expect(script).toContain('print(@count_forks);');
    expect(metrics).toMatchObject([
      {
        id: 'count.find_allocation',
        probe: 'count',
        kind: 'counter',
        label: 'find_allocati~',
        help: expect.stringContaining('function find_allocation in /usr/bin/qemu-system-x86_64'),
      },
      { id: 'count.forks', label: 'forks' },
    ]);
    expect(bindings.map(({ keyParts }) => keyParts)).toEqual([1, 1]);
    const points = script.match(/^(?:BEGIN|END|(?:tracepoint|uprobe|interval):\S+?),?$/gm) ?? [];
    expect(attachPoints).toBe(points.length);
    const line = script.split('\n').findIndex((text) => text.startsWith('uprobe:')) + 1;
    expect(ownerOfLine(line)).toBe('count');
  });

  it('is refused with the reason of the host', () => {
    const reasonOf = (count: string, host = facts) => select([count], host).rejected[0]?.reason;
    expect(reasonOf('x=tracepoint:sched:nosuch')).toBe('tracepoint sched:nosuch is absent');
    expect(reasonOf('x=kprobe:vfs_read')).toContain('needs kprobes');
    const kprobes = { ...facts, kprobes: true };
    expect(select(['x=kprobe:vfs_read', FIND], kprobes).variant?.when.facility).toBe('kprobe');
    expect(reasonOf('x=kprobe:vfs_raed', kprobes)).toBe('kernel function vfs_raed is absent');
    // bpftrace 0.17 would attach nothing, and say nothing.
    const without = {
      ...facts,
      program: () => ({ ...fine(), functionProblem: () => 'it has no function f' }),
    };
    expect(reasonOf('x=uprobe:/a:f', without)).toBe('/a: it has no function f');
    expect(reasonOf('x=uprobe:/a:f', { ...facts, program: () => null })).toBe('there is no program /a');
  });

  it('leaves the id to nobody else', () => {
    const entry = countEntry([readCount(FIND)]);
    expect(loadCatalogue([], [entry]).map(({ manifest }) => manifest.id)).toContain('count');
    expect(() => loadCatalogue([], [entry, { ...entry, folder: '/mine' }])).toThrow(
      'its id "count" is that of',
    );
  });

  it.each(['n=tracepoint:f:.', 'n=kprobe:f.isra.0'])('%s is refused by its name', (text) => {
    expect(() => readCount(text)).toThrow('has no "."');
  });

  it('whatever it is given: a script that parses as what was asked for, or one clear error', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('f', '/a', 'uprobe', 'usdt', 'a=uprobe:/a:f', ':', '=', '/1/{', '//', '/*', '"', '\n'),
    );
    const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const near = fc
      .tuple(fc.constantFrom('uprobe', 'usdt', 'kprobe', 'tracepoint'), fc.array(piece, { maxLength: 3 }))
      .map(([kind, parts]) => `n=${[kind, ...parts].join(':')}`);
    fc.assert(
      fc.property(fc.oneof(value, near), (text) => {
        let entry: ReturnType<typeof countEntry>;
        try {
          entry = countEntry([readCount(text)]);
        } catch (error) {
          expect(isFailure(error, 'E_COUNT')).toBe(true);
          return;
        }
        const [checked] = loadCatalogue([], [entry]).filter(({ manifest }) => manifest.id === 'count');
        const script = checked?.scripts?.get('user.bt') ?? '';
        expect(script.split('{').length).toBe(3);
        expect(script).toContain(`${text.slice(text.indexOf('=') + 1)}\n/TRACED/\n`);
      }),
      { numRuns: 500 },
    );
  });
});
