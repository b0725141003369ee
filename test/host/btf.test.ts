import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readKernelTypes } from '../../src/host/btf.ts';
import { localFiles } from '../../src/host/local-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'btf-'));
afterAll(() => rmSync(dir, { recursive: true }));
beforeEach(() => {
  for (const name of ['vmlinux', 'xfs']) rmSync(join(dir, name), { force: true });
});

/** A string table; a module's begins where the kernel's ends, and has no empty name before its first. */
const stringsOf = (names: readonly string[], after = 0) => {
  const text = Buffer.from(`${names.join('\0')}\0`);
  const at = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`no string ${name}`);
    return after + names.slice(0, index).reduce((sum, one) => sum + one.length + 1, 0);
  };
  return { text, at };
};

const words = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number >>> 0, index * 4);
  return bytes;
};
const info = (kind: number, members: number, bitFields = false): number =>
  (bitFields ? 2 ** 31 : 0) + kind * 2 ** 24 + members;

const write = (name: string, types: Buffer, strings: Buffer): void => {
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  words(24, 0, types.length, types.length, strings.length).copy(header, 4);
  writeFileSync(join(dir, name), Buffer.concat([header, types, strings]));
};

const KERNEL = stringsOf([
  '',
  'int',
  'pair',
  'first',
  'second',
  'flags',
  'mode',
  'late',
  'runqueues',
  'this_cpu_off',
  '.data..percpu',
  'i_vnode',
]);

/** 1 int, 2 enum, 3 pair, 4 flags with bit fields, 5 and 6 variables, 7 their section, whatever else, and late. */
const writeKernel = (...more: readonly Buffer[]): void => {
  const { at, text } = KERNEL;
  const types = Buffer.concat([
    words(at('int'), info(1, 0), 4, 32),
    words(0, info(6, 2), 4, at('first'), 0, at('second'), 1),
    words(at('pair'), info(4, 2), 24, at('first'), 1, 0, at('second'), 1, 128),
    words(at('flags'), info(4, 2, true), 4, at('first'), 1, 3 * 2 ** 24 + 5, at('mode'), 1, 16),
    words(at('this_cpu_off'), info(14, 0), 1, 1),
    words(at('runqueues'), info(14, 0), 3, 1),
    words(at('.data..percpu'), info(15, 2), 0, 5, 86056, 8, 6, 179392, 3584),
    ...more,
    words(at('late'), info(4, 1), 4, at('first'), 1, 64),
  ]);
  write('vmlinux', types, text);
};

/** Types from 9 on: what XFS has in its own file. Its own strings stand behind the kernel's. */
const writeModule = (): void => {
  const { at, text } = stringsOf(
    ['xfs_mount', 'm_stats', 'xstats', 'xs_stats', 'xfsstats', 's', 'xs_look_exlist', 'xfs_inode'],
    KERNEL.text.length,
  );
  const types = Buffer.concat([
    words(at('xstats'), info(4, 2), 24, KERNEL.at('first'), 1, 0, at('xs_stats'), 1, 64), // 9
    words(0, info(10, 0), 9), // 10: const struct xstats
    words(at('xfs_mount'), info(4, 2), 64, KERNEL.at('second'), 3, 64, at('m_stats'), 10, 256), // 11
    words(0, info(4, 2), 8, KERNEL.at('first'), 1, 0, at('xs_look_exlist'), 1, 32), // 12
    words(0, info(5, 2), 8, at('s'), 12, 0, KERNEL.at('mode'), 1, 0), // 13: a union without a name
    words(at('xfsstats'), info(4, 2), 16, KERNEL.at('first'), 1, 0, 0, 13, 64), // 14
    words(at('xfs_inode'), info(4, 1), 16, KERNEL.at('i_vnode'), 3, 96), // 15
  ]);
  write('xfs', types, text);
};

const offsetOf = (name: string, path: string, module: string | null = null) =>
  readKernelTypes(localFiles, dir, module).offsetOf(name, path);

it('reports where a member begins', () => {
  writeKernel();
  expect(offsetOf('pair', 'first')).toBe(0);
  expect(offsetOf('pair', 'second')).toBe(16);
  expect(offsetOf('flags', 'mode')).toBe(2);
  expect(offsetOf('late', 'first')).toBe(8);
});

it('reports nothing of what is not there, or begins inside a byte', () => {
  expect(offsetOf('pair', 'first')).toBeNull();
  writeKernel();
  expect(offsetOf('flags', 'first')).toBeNull();
  expect(offsetOf('pair', 'mode')).toBeNull();
  expect(offsetOf('pair', 'first.second')).toBeNull();
  expect(offsetOf('pair', '')).toBeNull();
  expect(offsetOf('none', 'first')).toBeNull();
  expect(offsetOf('pai', 'first')).toBeNull();
});

it('stops at a kind of type that a later kernel invented, and knows no module behind it', () => {
  writeKernel(words(0, info(25, 3), 0));
  writeModule();
  expect(offsetOf('pair', 'second')).toBe(16);
  expect(offsetOf('late', 'first')).toBeNull();
  expect(offsetOf('xstats', 'xs_stats', 'xfs')).toBeNull();
});

it('reads the types of a module, whose numbers and names go on where those of the kernel end', () => {
  writeKernel();
  writeModule();
  expect(offsetOf('xstats', 'xs_stats', 'xfs')).toBe(8);
  expect(offsetOf('xfs_inode', 'i_vnode', 'xfs')).toBe(12);
  expect(offsetOf('xfs_inode', 'i_vnode'), 'not without its file').toBeNull();
  expect(offsetOf('pair', 'second', 'xfs'), 'the kernel has it').toBe(16);
});

it('follows a path into members, under other names of their types and through members without a name', () => {
  writeKernel();
  writeModule();
  expect(offsetOf('xfs_mount', 'm_stats.xs_stats', 'xfs')).toBe(32 + 8);
  expect(offsetOf('xfs_mount', 'second.second', 'xfs')).toBe(8 + 16);
  expect(offsetOf('xfsstats', 's.xs_look_exlist', 'xfs')).toBe(8 + 4);
  expect(offsetOf('xfsstats', 'xs_look_exlist', 'xfs')).toBeNull();
});

it('finds a module that is built in among the types of the kernel', () => {
  writeKernel();
  expect(offsetOf('pair', 'second', 'xfs')).toBe(16);
});

it('reports where per-CPU variables lie', () => {
  writeKernel();
  const { perCpuOffset } = readKernelTypes(localFiles, dir);
  expect(perCpuOffset('runqueues')).toBe(179392);
  expect(perCpuOffset('this_cpu_off')).toBe(86056);
  expect(perCpuOffset('pair')).toBeNull();
  expect(perCpuOffset('')).toBeNull();
});

it('is not misled by what is no BTF', () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(24),
    Buffer.from('\x9f\xeb'),
    Buffer.alloc(4096, 0xff),
  ]) {
    writeFileSync(join(dir, 'vmlinux'), bytes);
    expect(offsetOf('pair', 'first')).toBeNull();
    writeKernel();
    writeFileSync(join(dir, 'xfs'), bytes);
    expect(offsetOf('xstats', 'xs_stats', 'xfs')).toBeNull();
    expect(offsetOf('pair', 'second', 'xfs')).toBe(16);
  }
});

describe.skipIf(!existsSync('/sys/kernel/btf/vmlinux'))('this kernel', () => {
  it('has its own structures', () => {
    const { offsetOf: here } = readKernelTypes(localFiles, '/sys/kernel/btf');
    expect(here('task_struct', 'se.cfs_rq')).toBeGreaterThan(0);
    expect(here('list_head', 'next')).toBe(0);
    expect(here('list_head', 'prev')).toBe(8);
  });
});
