import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { memberOffset } from '../../src/host/btf.ts';

const dir = mkdtempSync(join(tmpdir(), 'btf-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Names in the order of their offsets: each begins behind the NUL of the one before. */
const NAMES = ['', 'int', 'pair', 'first', 'second', 'flags', 'mode', 'late'];
const at = (name: string): number =>
  NAMES.slice(0, NAMES.indexOf(name)).reduce((sum, one) => sum + one.length + 1, 0);

const words = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number >>> 0, index * 4);
  return bytes;
};
const info = (kind: number, members: number, bitFields = false): number =>
  (bitFields ? 2 ** 31 : 0) + kind * 2 ** 24 + members;

/** An int, an enum of two values, a structure, one with bit fields, and whatever else. */
const btfOf = (...more: readonly Buffer[]): string => {
  const types = Buffer.concat([
    words(at('int'), info(1, 0), 4, 32),
    words(0, info(6, 2), 4, at('first'), 0, at('second'), 1),
    words(at('pair'), info(4, 2), 24, at('first'), 1, 0, at('second'), 1, 128),
    words(at('flags'), info(4, 2, true), 4, at('first'), 1, 3 * 2 ** 24 + 5, at('mode'), 1, 16),
    ...more,
    words(at('late'), info(4, 1), 4, at('first'), 1, 64),
  ]);
  const strings = Buffer.from(`${NAMES.join('\0')}\0`);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f, 0);
  header.writeUInt8(1, 2);
  words(24, 0, types.length, types.length, strings.length).copy(header, 4);
  const path = join(dir, 'vmlinux');
  writeFileSync(path, Buffer.concat([header, types, strings]));
  return path;
};

it('tells where a member begins', () => {
  const path = btfOf();
  expect(memberOffset(path, 'pair', 'first')).toBe(0);
  expect(memberOffset(path, 'pair', 'second')).toBe(16);
  expect(memberOffset(path, 'flags', 'mode')).toBe(2);
  expect(memberOffset(path, 'late', 'first')).toBe(8);
});

it('tells nothing of what is not there, or begins inside a byte', () => {
  const path = btfOf();
  expect(memberOffset(path, 'flags', 'first')).toBeNull();
  expect(memberOffset(path, 'pair', 'mode')).toBeNull();
  expect(memberOffset(path, 'none', 'first')).toBeNull();
  expect(memberOffset(path, 'pai', 'first')).toBeNull();
  expect(memberOffset(join(dir, 'absent'), 'pair', 'first')).toBeNull();
});

it('stops at a kind of type that a later kernel invented', () => {
  const path = btfOf(words(0, info(25, 3), 0));
  expect(memberOffset(path, 'pair', 'second')).toBe(16);
  expect(memberOffset(path, 'late', 'first')).toBeNull();
});

it('is not misled by what is no BTF', () => {
  const path = join(dir, 'other');
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(24),
    Buffer.from('\x9f\xeb'),
    Buffer.alloc(4096, 0xff),
  ]) {
    writeFileSync(path, bytes);
    expect(memberOffset(path, 'pair', 'first')).toBeNull();
  }
});
