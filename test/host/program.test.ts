/** Real programs, made by the host's own compiler, and looked into without it. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../src/errors.ts';
import { readElf } from '../../src/host/elf.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { checkSymbol, findProgram, programAt } from '../../src/host/program.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith } from '../helpers/requires.ts';

const dir = mkdtempSync(join(tmpdir(), 'programs-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SOURCE = `
#include <stdio.h>
__attribute__((noinline)) static long hidden(long x) { __asm__ volatile(""); return x + 1; }
__attribute__((noinline)) long exported_one(long x) { __asm__ volatile(""); return x + 2; }
static long one(long x) { return x + 3; }
static long (*choose(void))(long) { return one; }
long chosen(long x) __attribute__((ifunc("choose")));
extern long puts_nothing;
long puts_nothing = 1;
int main(int argc, char **argv) { printf("%ld\\n", hidden(argc) + exported_one(argc) + chosen(argc)); return 0; }
`;
/** As sys/sdt.h writes a marker, for compilers without it. */
const MARKED = `
int main(void) {
  __asm__ volatile(
    "990: nop\\n"
    ".pushsection .note.stapsdt,\\"?\\",\\"note\\"\\n"
    ".balign 4\\n"
    ".4byte 992f-991f, 994f-993f, 3\\n"
    "991: .asciz \\"stapsdt\\"\\n"
    "992: .balign 4\\n"
    "993: .8byte 990b\\n .8byte 0\\n .8byte 0\\n"
    ".asciz \\"shop\\"\\n .asciz \\"sold__out\\"\\n .asciz \\"\\"\\n"
    "994: .balign 4\\n"
    ".popsection\\n");
  return 0;
}
`;

describeWith(['linux', 'cc'], 'a program and its symbols', () => {
  const program = compile(dir, 'program', SOURCE);
  const stripped = join(dir, 'stripped');
  execFileSync('strip', ['-o', stripped, program]);
  const names = (path: string) =>
    readElf(localFiles, path)
      ?.functions()
      .map(({ name }) => name) ?? [];

  it('names the functions that nm names, static ones too', () => {
    const lines = execFileSync('nm', ['--defined-only', program], { encoding: 'utf8' }).split('\n');
    const known = lines.flatMap((line) => /^\S+ [tTwWi] (\S+)$/.exec(line)?.[1] ?? []);
    expect(known.length).toBeGreaterThan(4);
    for (const name of ['hidden', 'exported_one', 'main']) expect(known).toContain(name);
    expect(names(program)).toEqual(expect.arrayContaining(['hidden', 'exported_one', 'main', 'chosen']));
    for (const name of names(program)) expect(known).toContain(name);
    // Data is no function, and what another library defines is not here.
    expect(names(program)).not.toContain('puts_nothing');
    expect(names(program)).not.toContain('printf');
  });

  it('knows a stripped one, and finds its symbols again beside it', () => {
    expect(readElf(localFiles, program)?.stripped).toBe(false);
    expect(readElf(localFiles, stripped)?.stripped).toBe(true);
    expect(names(stripped)).not.toContain('hidden');
    const linked = join(dir, 'linked');
    execFileSync('objcopy', ['--only-keep-debug', program, join(dir, 'linked.debug')]);
    execFileSync('objcopy', [
      '--strip-all',
      `--add-gnu-debuglink=${join(dir, 'linked.debug')}`,
      program,
      linked,
    ]);
    expect(readElf(localFiles, linked)?.stripped).toBe(false);
    expect(names(linked)).toContain('hidden');
  });

  it('says in words what cannot be counted', () => {
    const facts = programAt(localFiles, program);
    expect(facts?.functionProblem('hidden')).toBeNull();
    expect(facts?.functionProblem('hiden')).toBe('it has no function hiden (nearest: hidden)');
    expect(facts?.functionProblem('chosen')).toContain('IFUNC');
    expect(facts?.markerProblem('shop:sold__out')).toBe(
      'it has no USDT marker shop:sold__out (it has none at all)',
    );
    const twice = compile(
      dir,
      'first',
      'static __attribute__((noinline,used)) int same(void) { return 1; }\n',
      '-c',
    );
    const other = compile(
      dir,
      'second',
      'static __attribute__((noinline,used)) int same(void) { return 2; }\nint main(void) { return same(); }\n',
      '-c',
    );
    execFileSync('cc', ['-o', join(dir, 'twice'), '-x', 'none', ...asObjects(twice, other)]);
    expect(programAt(localFiles, join(dir, 'twice'))?.functionProblem('same')).toContain(
      '2 different functions',
    );
  });

  it('ends with the step that helps', () => {
    const next = (path: string, kind: 'function' | 'marker', name: string): string => {
      try {
        checkSymbol(localFiles, path, kind, name);
      } catch (error) {
        if (isFailure(error, 'E_NO_SYMBOL')) return error.next;
      }
      return 'nothing was wrong';
    };
    expect(next(program, 'function', 'nosuch')).toContain('nm --defined-only');
    expect(next(stripped, 'function', 'hidden')).toContain('Install its debug symbols');
    expect(next(program, 'marker', 'shop:sold')).toContain('readelf -n');
    expect(next(program, 'function', 'main')).toBe('nothing was wrong');
  });

  it.skipIf(process.arch !== 'x64' && process.arch !== 'arm64')('reads USDT markers', () => {
    const marked = compile(dir, 'marked', MARKED);
    expect(readElf(localFiles, marked)?.markers()).toEqual([{ provider: 'shop', name: 'sold__out' }]);
    expect(programAt(localFiles, marked)?.markerProblem('shop:sold__out')).toBeNull();
    expect(programAt(localFiles, marked)?.markerProblem('shop:sold_out')).toContain(
      'nearest: shop:sold__out',
    );
  });

  it('takes a damaged file for one without what was damaged', () => {
    const whole = readFileSync(program);
    const names = new Set(
      readElf(localFiles, program)
        ?.functions()
        .map(({ name }) => name),
    );
    const file = join(dir, 'damaged');
    const damage = fc.record({
      length: fc.integer({ min: 0, max: whole.length }),
      at: fc.integer({ min: 0, max: 63 }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(damage, ({ length, at, byte }) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        if (at < length) bytes[at] = byte;
        writeFileSync(file, bytes);
        const elf = readElf(localFiles, file);
        // Cut, but with an intact header, it can only lose names.
        if (elf !== null && whole[at] === byte)
          for (const { name } of elf.functions()) expect(names).toContain(name);
        elf?.functions();
        elf?.markers();
      }),
      { numRuns: 300 },
    );
  });
});

const asObjects = (...programs: readonly string[]): string[] =>
  programs.map((path) => {
    copyFileSync(path, `${path}.o`);
    return `${path}.o`;
  });

describe('finding a program', () => {
  const refusal = (name: string, path = '/usr/bin'): string => {
    try {
      return findProgram(localFiles, name, { PATH: path }, dir);
    } catch (error) {
      if (isFailure(error, 'E_PROGRAM')) return error.message;
      throw error;
    }
  };
  const here = process.execPath;

  it('by its path, from here, and by its name', () => {
    symlinkSync(here, join(dir, 'node'));
    expect(refusal(here)).toBe(here);
    expect(refusal('./node')).toBe(join(dir, 'node'));
    expect(refusal('node', `${dir}:/usr/bin`)).toBe(join(dir, 'node'));
    // A directory of PATH that is relative is nobody's to trust.
    expect(refusal('node', '.')).toContain('no directory of PATH has it');
  });

  it('refuses what is none', () => {
    writeFileSync(join(dir, 'script'), '#!/bin/sh\n', { mode: 0o755 });
    expect(refusal('./script')).toContain('it is not an ELF file');
    expect(refusal('./nosuch')).toContain('there is no such file');
    expect(refusal('nosuch')).toContain('no directory of PATH has it');
    expect(refusal('/dev/null')).toContain('it is not a regular file');
    expect(refusal('./')).toContain('it is a directory');
  });

  it.skipIf(process.platform !== 'linux')('follows links below /proc/PID/root as that process would', () => {
    mkdirSync(join(dir, 'jail'), { recursive: true });
    symlinkSync('/jail/../node', join(dir, 'jail', 'up'));
    symlinkSync(join(dir, 'jail/loop'), join(dir, 'jail', 'loop'));
    // Our own root is the machine's here, so an absolute link must stay below the prefix to be seen to be followed.
    symlinkSync(here, join(dir, 'jail', 'absolute'));
    const root = `/proc/${process.pid}/root`;
    expect(refusal(`${root}${dir}/jail/absolute`)).toBe(`${root}${here}`);
    expect(refusal(`${root}${dir}/jail/../node`)).toBe(`${root}${here}`);
    expect(refusal(`${root}${dir}/jail/loop`)).toContain('cannot be probed');
  });
});
