import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readKernelTypes } from '../../src/host/btf.ts';
import { createBtfWriter } from '../../src/host/btf-write.ts';
import { localFiles } from '../../src/host/local-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'btf-extract-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What a file of these bytes says. */
const read = (bytes: Buffer | null) => {
  writeFileSync(join(dir, 'vmlinux'), bytes ?? '');
  return readKernelTypes(localFiles, dir);
};

const INT = 1;
const POINTER = 2;
const STRUCT = 4;

/** inner { first; second }, outer { unwanted; inner inner; outer *next; last }. */
const madeUp = () => {
  const writer = createBtfWriter();
  const [int, inner, outer, next] = [writer.reserve(), writer.reserve(), writer.reserve(), writer.reserve()];
  // Its bits, as a type that refers to none is copied.
  writer.fill(int, { name: 'u32', kind: INT, sizeOrType: 4, behind: [32] });
  const member = (name: string, type: number, at: number, bytes: number) => ({
    name,
    type,
    bits: 8 * at,
    bytes,
  });
  writer.fill(inner, {
    ...{ name: 'inner', kind: STRUCT, sizeOrType: 8 },
    members: [member('first', int, 0, 4), member('second', int, 4, 4)],
  });
  writer.fill(outer, {
    ...{ name: 'outer', kind: STRUCT, sizeOrType: 40 },
    members: [
      member('unwanted', int, 0, 4),
      member('inner', inner, 8, 8),
      member('next', next, 24, 8),
      member('last', int, 36, 4),
    ],
  });
  writer.fill(next, { name: '', kind: POINTER, sizeOrType: outer });
  return read(writer.bytes());
};

describe('a part of the kernel’s types', () => {
  it('has the members that are wanted where they were, and no others', () => {
    const wanted = {
      structs: ['outer'],
      members: new Set(['inner', 'second', 'next', 'last']),
      names: new Set<string>(),
    };
    const part = read(madeUp().extract(wanted));
    expect(['inner', 'inner.second', 'next', 'last'].map((path) => part.offsetOf('outer', path))).toEqual([
      8, 12, 24, 36,
    ]);
    expect(part.offsetOf('outer', 'unwanted')).toBeNull();
    expect(part.offsetOf('inner', 'first')).toBeNull();
  });

  it('is none where something is not known', () => {
    const names = new Set<string>();
    expect(madeUp().extract({ structs: ['absent'], members: new Set(), names })).toBeNull();
    expect(madeUp().extract({ structs: ['outer'], members: new Set(['absent']), names })).toBeNull();
    expect(
      madeUp().extract({ structs: ['outer'], members: new Set(['last']), names: new Set(['absent']) }),
    ).not.toBeNull();
  });

  it.skipIf(!existsSync('/sys/kernel/btf/vmlinux'))(
    'agrees with this kernel on where everything stands',
    () => {
      const kernel = readKernelTypes(localFiles, '/sys/kernel/btf');
      const paths = {
        task_struct: [
          'real_parent',
          'group_leader',
          'start_boottime',
          'signal',
          'se.cfs_rq',
          'comm',
          'nvcsw',
        ],
        signal_struct: ['live.counter'],
        inode: ['i_ino', 'i_sb', 'i_size'],
        file: ['f_inode', 'f_mode'],
      };
      const members = new Set(Object.values(paths).flatMap((all) => all.flatMap((path) => path.split('.'))));
      const bytes = kernel.extract({ structs: Object.keys(paths), members, names: new Set(['dev_t']) });
      const part = read(bytes);
      for (const [struct, all] of Object.entries(paths))
        for (const path of all) {
          expect(kernel.offsetOf(struct, path), path).not.toBeNull();
          expect(part.offsetOf(struct, path), path).toBe(kernel.offsetOf(struct, path));
        }
      expect(bytes?.length).toBeLessThan(32_768);
    },
  );
});
