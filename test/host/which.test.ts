import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostFiles } from '../../src/host/files.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { isRootsOwn, placesOnPath, resolveCommand } from '../../src/host/which.ts';

const folder = mkdtempSync(join(tmpdir(), 'which-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, mode: number): string => {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
};

const program = fileOf('program', 0o755);
const plainFile = fileOf('plain', 0o644);
mkdirSync(join(folder, 'directory'));

describe('a command that cannot run is refused before anything starts', () => {
  it.each([
    ['not on PATH', 'no-such-command-here', 'E_CMD_NOT_FOUND'],
    ['no such file', join(folder, 'nothing'), 'E_CMD_NOT_FOUND'],
    ['a directory', folder, 'E_CMD_NOT_EXECUTABLE'],
    ['a directory on PATH', 'directory', 'E_CMD_NOT_EXECUTABLE'],
    ['not executable', plainFile, 'E_CMD_NOT_EXECUTABLE'],
    ['not executable, on PATH', 'plain', 'E_CMD_NOT_EXECUTABLE'],
    ['empty', '', 'E_CMD_NOT_FOUND'],
  ])('%s', (_, name, code) => {
    expect(() => resolveCommand(localFiles, [name], `/usr/bin:${folder}`)).toThrow(
      expect.objectContaining({ code, exit: 2 }),
    );
  });
});

describe('the file of a command', () => {
  it.each([
    ['the first on PATH that can run', 'program', `/nowhere:${folder}:/usr/bin`],
    ['of a relative directory, as a shell takes it', 'program', relative(process.cwd(), folder)],
    ['its path, whatever PATH is', program, ''],
  ])('is %s', (_, name, searchPath) => {
    expect(resolveCommand(localFiles, [name, '-n', '* '], searchPath)).toEqual([program, '-n', '* ']);
  });
});

it('places on PATH are absolute', () => {
  expect(placesOnPath('bpftrace', '/usr/sbin::bin:/usr/bin')).toEqual([
    '/usr/sbin/bpftrace',
    '/usr/bin/bpftrace',
  ]);
});

describe('what root may run', () => {
  const stand = (uid: number, mode: number): HostFiles => ({
    ...localFiles,
    stat: () => ({
      dev: 1,
      ino: 1,
      size: 1,
      mtimeMs: 0,
      uid,
      mode,
      isFile: () => true,
      isDirectory: () => false,
    }),
  });
  it.each([
    ["root's", 0, 0o755, true],
    ['of somebody else', 1000, 0o755, false],
    ['that a group can write', 0, 0o775, false],
    ['that all can write', 0, 0o1777, false],
  ])('is not what others have chosen: %s', (_, uid, mode, may) => {
    expect(isRootsOwn(stand(uid, mode), '/some/where/program')).toBe(may);
  });

  it.runIf(process.getuid?.() === 0)('nor by another directory on the way, or where a link leads', () => {
    const dir = mkdtempSync(join(tmpdir(), 'which-'));
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, 'a', 'bin'), { recursive: true });
    mkdirSync(join(dir, 'b', 'bin'), { recursive: true });
    writeFileSync(join(dir, 'a', 'bin', 'program'), '', { mode: 0o755 });
    symlinkSync(join(dir, 'a', 'bin', 'program'), join(dir, 'b', 'bin', 'program'));
    const both = () => ['a', 'b'].map((one) => isRootsOwn(localFiles, join(dir, one, 'bin', 'program')));
    expect(both()).toEqual([true, true]);
    chmodSync(join(dir, 'b'), 0o777);
    expect(both()).toEqual([true, false]);
    chmodSync(join(dir, 'b'), 0o755);
    chmodSync(join(dir, 'a'), 0o777);
    expect(both()).toEqual([false, false]);
    rmSync(dir, { recursive: true });
  });
});
