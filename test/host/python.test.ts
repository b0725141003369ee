import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative as relativePath } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readElf } from '../../src/host/elf.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { buildOf, isOptimised } from '../../src/host/python/build.ts';
import { createPythonCoverage } from '../../src/host/python/coverage.ts';
import { pythonUsdtFinder } from '../../src/host/python/finders.ts';
import { findInterpreters, interpreterOf, isPythonName } from '../../src/host/python/interpreters.ts';
import {
  arenaBytesByName,
  foreignAllocatorIn,
  holdsInterpreter,
  libcIn,
  libpythonIn,
} from '../../src/host/python/recognise.ts';
import { createRoll } from '../../src/host/python/roll.ts';
import { createUsedFiles } from '../../src/host/python/used-files.ts';
import type { UsedFile } from '../../src/session/ports.ts';
import { fakeFiles } from '../helpers/fake-files.ts';
import { copyWithout } from '../helpers/older.ts';
import { until } from '../helpers/until.ts';

const INSTALLED = '/usr/bin/python3';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'stallscope-interpreters-')));
  mkdirSync(join(dir, 'bin'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const script = (name: string, text: string): string => {
  const path = join(dir, 'bin', name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
};

/** The interpreter that is installed, as if from before 3.10: without what that brought. */
const copyOlder = (path: string): void => copyWithout(realpathSync(INSTALLED), 'PyIter_Send', path);

/** A program of another purpose under the name of an interpreter: what it does is not looked at. */
const program = (name: string): string => {
  const path = join(dir, 'bin', name);
  copyFileSync(realpathSync('/bin/sleep'), path);
  return path;
};

const filesFor = (command: readonly string[]): string[] =>
  findInterpreters({ files: localFiles, pids: [], command, env: { PATH: join(dir, 'bin') } })
    .map(({ file }) => file)
    .filter((file) => file.startsWith(dir));

describe.skipIf(process.platform !== 'linux')('the interpreter of a command', () => {
  test('by its name, its path, or a link as virtual environments have', () => {
    const python = program('python3.13');
    symlinkSync('python3.13', join(dir, 'bin', 'python3'));
    expect(filesFor(['python3', 'x.py'])).toEqual([python]);
    expect(filesFor([join(dir, 'bin', 'python3')])).toEqual([python]);
  });

  test('by the first line of a script, through env too', () => {
    const python = program('python3.13');
    expect(filesFor([script('serve', `#!${python} -u\n`)])).toEqual([python]);
    expect(filesFor([script('serve', '#!/usr/bin/env -S python3.13 -u\n')])).toEqual([python]);
    expect(filesFor(['/usr/bin/env', 'A=1', 'python3.13'])).toEqual([python]);
  });

  test('is none for other programs, for scripts of a shell, and for scripts that name each other', () => {
    program('perl');
    script('python3', '#!/bin/sh\n');
    script('python', `#!${join(dir, 'bin', 'python')}\n`);
    for (const name of ['perl', 'python3', 'python', 'absent']) expect(filesFor([name])).toEqual([]);
  });

  test('is its libpython where it is linked to one', () => {
    const python = program('python3.12');
    mkdirSync(join(dir, 'lib'));
    const library = join(dir, 'lib', 'libpython3.12.so.1.0');
    copyFileSync(python, library);
    symlinkSync('libpython3.12.so.1.0', join(dir, 'lib', 'libpython3.12.so'));
    writeFileSync(join(dir, 'lib', 'libpython3.1.so.1.0'), '');
    expect(filesFor(['python3.12'])).toEqual([library]);
  });
});

describe.skipIf(process.platform !== 'linux')('the interpreter of a process', () => {
  const running = async (path: string, then: (pid: number) => void | Promise<void>): Promise<void> => {
    const child = spawn(path, ['60']);
    await new Promise((resolve) => child.once('spawn', resolve));
    // The name is that of the new program once exec is through.
    await until(() => interpreterOf(localFiles, child.pid ?? -1) !== null);
    try {
      await then(child.pid ?? -1);
    } finally {
      child.kill('SIGKILL');
    }
  };

  test('is its executable, also when that was replaced under it', async () => {
    const python = program('python3.13');
    await running(python, (pid) => {
      expect(interpreterOf(localFiles, pid)).toEqual({ executable: python, file: python });
      rmSync(python);
      expect(interpreterOf(localFiles, pid)?.file).toBe(`/proc/${pid}/exe`);
    });
    expect(interpreterOf(localFiles, process.pid)).toBeNull();
    expect(interpreterOf(localFiles, 2 ** 22 + 1)).toBeNull();
  });

  test('decides what of it is not counted, and why', async () => {
    const metrics = { memory: ['m'], markers: ['g'], functions: ['f'] };
    await running(program('python3.13'), (pid) => {
      expect(createPythonCoverage(localFiles, metrics, [])(pid)?.g).toMatch(/has no USDT markers/);
      expect(createPythonCoverage(localFiles, metrics, [])(pid)).not.toHaveProperty('m');
      expect(createPythonCoverage(localFiles, metrics, [`/proc/${pid}/exe`])(pid)).toBeUndefined();
    });
    await running(program('python3.13t'), (pid) => {
      expect(createPythonCoverage(localFiles, metrics, [`/proc/${pid}/exe`])(pid)).toEqual({
        m: expect.stringContaining('free-threaded'),
      });
    });
    expect(createPythonCoverage(localFiles, metrics, [])(process.pid)).toBeUndefined();
  });
});

test('whose memory it is, is known by the machine of the program, not by that of who watches it from elsewhere', () => {
  const PID = 4711;
  const elf = (machine: number): Buffer => {
    const head = Buffer.alloc(64);
    head.write('\x7fELF\x02\x01\x01', 'latin1');
    head.writeUInt16LE(machine, 18);
    return head;
  };
  const reasonFor = (machine: number): string | undefined => {
    const host = fakeFiles({
      '/usr/bin/python3.13': elf(machine),
      [`/proc/${PID}/exe`]: { link: '/usr/bin/python3.13' },
      [`/proc/${PID}/maps`]: 'ffff80000000-ffff80190000 r-xp 00000000 fd:00 42 /usr/lib/libc.so.6\n',
      [`/proc/${PID}/cmdline`]: 'python3.13\0',
    });
    const metrics = { memory: [], callers: ['c'], markers: [], functions: [] };
    return createPythonCoverage(host, metrics, [])(PID)?.c;
  };
  const [x86, arm] = [62, 183];
  expect(reasonFor(x86)).toBeUndefined();
  expect(reasonFor(arm)).toBe('memory is attributed on x86-64 only');
});

test('a finder without a file says where it looked', async () => {
  const python = program('python3.13');
  const found = await pythonUsdtFinder.find({
    files: localFiles,
    pids: [process.pid],
    command: null,
    env: {},
  });
  expect(found).toEqual({ files: [], problem: 'no Python interpreter was found' });
  expect(buildOf(localFiles, { executable: python, file: python })).toEqual({
    ...{ version: '3.13', usdt: false, api: false, optimised: null, freeThreaded: false },
  });
});

test('a packaged interpreter is optimised where its distribution builds it so', () => {
  const root = join(dir, 'root');
  const executable = join(root, 'usr/bin/python3.13');
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(executable, '');
  const optimised = (osRelease: string) => {
    writeFileSync(join(root, 'etc/os-release'), osRelease);
    return buildOf(localFiles, { executable, file: executable }).optimised;
  };
  expect(optimised('NAME="Debian GNU/Linux"\nID=debian\n')).toBe(true);
  expect(optimised('ID=pop\nID_LIKE="ubuntu debian"\n')).toBe(true);
  expect(optimised('ID=gentoo\n')).toBeNull();
});

test.each([
  ["{'A': 1,\n 'CONFIG_ARGS': \"'--with-lto' \"\n   \"'--prefix=/usr'\",\n 'CONFIG_X': 1}", false, true],
  [
    "{'CONFIG_ARGS': \"'--prefix=/usr'\",\n 'PGO_PROF_USE_FLAG': '-fprofile-use --with-lto',\n}",
    false,
    false,
  ],
  ["{'CONFIG_ARGS': \"'--enable-shared' '--enable-optimizations'\",\n 'B': 1}", true, true],
  // Debian: the variables of the shared library beside a static interpreter.
  ["{'CONFIG_ARGS': \"'--enable-shared'\",\n 'B': 1}", false, null],
  ["{'B': 1}", false, null],
])('optimised, by the arguments of configure: %j', (text, isShared, expected) => {
  expect(isOptimised(text, isShared)).toBe(expected);
});

test.each([
  ['python3.11', 1_048_576n],
  ['python3', 1_048_576n],
  ['python3.9', 262_144n],
  ['python2.7', 262_144n],
  ['platform-python3.6', 262_144n],
  ['python3.13t', 2n],
  ['libpython3.8.so.1.0', 262_144n],
  ['libpython3.12.so.1.0', 1_048_576n],
  ['libpython2.7.so.1.0', 262_144n],
  ['libpython3.14t.so.1.0', 2n],
  ['uwsgi', null],
])('the scripts take the arenas of %s for %s bytes', (name, expected) => {
  expect(arenaBytesByName(name)).toBe(expected);
});

test('Python is reported by the name of its file', () => {
  for (const name of ['python3.11', 'python', 'python2.7', 'platform-python3.6'])
    expect(isPythonName(name)).toBe(true);
  for (const name of ['ipython', 'uwsgi', 'perl', 'micropython']) expect(isPythonName(name)).toBe(false);
});

test('a file that goes away while it is read is one without tables, and is not remembered as such', () => {
  const path = program('short-lived');
  const elf = readElf(localFiles, path);
  rmSync(path);
  expect(elf?.functions()).toEqual([]);
  expect(elf?.exportsAll(['main'])).toBe(false);
  expect(elf?.markers()).toEqual([]);
  expect(holdsInterpreter(localFiles, path)).toBe(false);
});

describe.skipIf(process.platform !== 'linux')('a file that a process uses', () => {
  const metrics = { memory: ['m'], markers: ['g'], functions: [] };
  const attachedTo = (...attached: readonly string[]) =>
    createUsedFiles(localFiles, { metrics, attached, isKnown: () => false, seesPids: true });
  const inodeOf = (path: string): number => statSync(path).ino;
  /** Nobody has this PID. */
  const OVER = 2 ** 30;
  const used = (name: string, inode: number, more: Partial<UsedFile> = {}): UsedFile => ({
    ...{ map: '@python_program', pid: OVER, ppid: null, inode, name },
    ...more,
  });

  test('is nothing to Python when it holds no interpreter, as most do', () => {
    const sleep = program('sleep');
    expect(attachedTo()(used(sleep, inodeOf(sleep)))).toEqual({});
    expect(attachedTo()(used(sleep, inodeOf(sleep), { map: '@another' }))).toEqual({});
  });

  test('is not counted where it cannot be found any more, or is another by now', () => {
    const sleep = program('sleep');
    const gone = { m: expect.stringMatching(/gone before it could be looked at/) };
    expect(attachedTo()(used(sleep, inodeOf(sleep) + 1))).toMatchObject(gone);
    expect(attachedTo()(used(join(dir, 'no such'), 7))).toMatchObject(gone);
    expect(attachedTo()(used('./sleep', inodeOf(sleep)))).toMatchObject(gone);
  });

  test('is looked for where the process or its parent is, and by way of the script that names it', () => {
    const sleep = program('sleep');
    const inode = inodeOf(sleep);
    const relative = join(relativePath(process.cwd(), dir), 'bin/sleep');
    expect(attachedTo()(used(relative, inode, { ppid: process.pid }))).toEqual({});
    expect(attachedTo()(used(script('serve', `#!${sleep} 9\n`), inode))).toEqual({});
    expect(attachedTo()(used('/gone', inodeOf('/proc/self/exe'), { pid: process.pid }))).toEqual({});
  });

  test('under the name of an interpreter counts, but for what nothing was attached to', () => {
    const python = program('python3.13');
    const inode = inodeOf(python);
    expect(attachedTo()(used(python, inode))).toEqual({ g: expect.stringMatching(/has no USDT markers/) });
    expect(attachedTo(python)(used(python, inode))).toEqual({});
    const link = join(dir, 'bin', 'serve');
    symlinkSync('python3.13', link);
    expect(attachedTo(python)(used(link, inode))).toEqual({});
  });

  test('that is a libpython counts where something was attached to it', () => {
    const library = program('libpython3.13.so.1.0');
    const mapped = used('uwsgi', inodeOf(library), { map: '@python_library' });
    expect(attachedTo(library)(mapped)).toEqual({});
    expect(attachedTo()(mapped)).toEqual({
      g: expect.stringMatching(/libpython that uwsgi maps was not known/),
    });
  });

  test.skipIf(!existsSync(INSTALLED))('is not counted under a name that says another version', () => {
    const older = join(dir, 'bin', 'python3');
    copyOlder(older);
    const unknown = expect.stringMatching(/python3 was not known when tracing began/);
    expect(attachedTo(older)(used(older, inodeOf(older)))).toEqual({ m: unknown });
    const named = join(dir, 'bin', 'python3.9');
    copyOlder(named);
    expect(attachedTo(named)(used(named, inodeOf(named)))).toEqual({});
  });

  test.skipIf(!existsSync(INSTALLED))('holds an interpreter under another name', () => {
    const uwsgi = join(dir, 'bin', 'uwsgi');
    copyFileSync(realpathSync(INSTALLED), uwsgi);
    const unknown = expect.stringMatching(/uwsgi was not known when tracing began/);
    expect(attachedTo()(used(uwsgi, inodeOf(uwsgi)))).toMatchObject({ m: unknown });
    const known = createUsedFiles(localFiles, {
      metrics,
      attached: [uwsgi],
      isKnown: () => true,
      seesPids: true,
    });
    expect(known(used(uwsgi, inodeOf(uwsgi)))).toEqual({});
  });
});

test.skipIf(process.platform !== 'linux')(
  'the arenas of an interpreter whose file does not say are those of its name, not a guess',
  async () => {
    const child = spawn(program('python3.9'), ['60']);
    const pid = child.pid ?? -1;
    await until(() => interpreterOf(localFiles, pid) !== null);
    const roll = createRoll({ files: localFiles, pids: [pid], command: null, env: {} }, true);
    const seeds = roll.seeds();
    child.kill('SIGKILL');
    expect(seeds.find(({ map }) => map === '@python_arena')?.value).toBe(262_144n);
    expect(seeds.filter(({ map }) => map === '@python_file')).toEqual([]);
  },
);

const MAPS = (path: string): string =>
  [
    '55d0c0000000-55d0c0020000 r--p 00000000 fe:00 1    /usr/bin/uwsgi',
    `7f2a10000000-7f2a10300000 r-xp 00060000 fe:00 2    ${path}`,
    '7f2a20000000-7f2a20150000 r-xp 00026000 fe:00 3    /usr/lib/x86_64-linux-gnu/libc.so.6',
    '',
  ].join('\n');

test.each([
  ['/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0', true],
  ['/opt/conda/lib/libpython3.13t.so.1.0 (deleted)', true],
  ['/tmp/_MEI1/libpython2.7.so.1.0', true],
  ['/usr/lib/libpython3.so', false],
  ['/usr/lib/python3/libpythonish.so', false],
])('a process is Python when it maps %s: %j', (path, expected) => {
  const found = libpythonIn(MAPS(path));
  expect(found?.range).toBe(expected ? '7f2a10000000-7f2a10300000' : undefined);
  expect(libcIn(MAPS(path))?.range).toBe('7f2a20000000-7f2a20150000');
  expect(foreignAllocatorIn(MAPS(path))).toBeNull();
});

test('an allocator put before that of glibc is named', () => {
  expect(foreignAllocatorIn(MAPS('/usr/lib/x86_64-linux-gnu/libjemalloc.so.2'))).toBe('libjemalloc.so.2');
});

describe.skipIf(!existsSync(INSTALLED))('an interpreter under another name', () => {
  const running = async (then: (pid: number) => void): Promise<void> => {
    const path = join(dir, 'bin', 'uwsgi');
    copyFileSync(realpathSync(INSTALLED), path);
    const child = spawn(path, ['-c', 'import time; print(1, flush=True); time.sleep(60)']);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    try {
      then(child.pid ?? -1);
    } finally {
      child.kill('SIGKILL');
    }
  };
  const metrics = { memory: ['m'], markers: [], functions: [] };

  test('is known by what it exports, and reported to the script with its text and that of libc', async () => {
    await running((pid) => {
      expect(interpreterOf(localFiles, pid)).not.toBeNull();
      const roll = createRoll({ files: localFiles, pids: [pid], command: null, env: {} }, true);
      const seeds = roll.seeds().filter(({ key }) => key === BigInt(pid));
      const reported = (map: string): bigint => seeds.find((seed) => seed.map === map)?.value ?? -1n;
      expect([262_144n, 1_048_576n]).toContain(reported('@python_arena'));
      for (const map of ['@python_code', '@python_libc'])
        expect(reported(`${map}_end`)).toBeGreaterThan(reported(map));
      expect(createPythonCoverage(localFiles, metrics, [], roll.counts)(pid)).toBeUndefined();
    });
  });

  test('is not covered where the kernel side was not reported of it, with the reason', async () => {
    await running((pid) => {
      const roll = createRoll({ files: localFiles, pids: [process.pid], command: null, env: {} }, true);
      roll.seeds();
      expect(createPythonCoverage(localFiles, metrics, [], roll.counts)(pid)).toEqual({
        m: expect.stringMatching(/uwsgi was not known when tracing began/),
      });
      // Inside a PID namespace the numbers of /proc are not those that are counted by.
      const inside = createRoll({ files: localFiles, pids: [pid], command: null, env: {} }, false);
      expect(inside.seeds().filter(({ key }) => key === BigInt(pid))).toEqual([]);
    });
  });
});
