import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildOf, isOptimised } from '../../src/host/python/build.ts';
import { createPythonCoverage } from '../../src/host/python/coverage.ts';
import { pythonUsdtFinder } from '../../src/host/python/finders.ts';
import { findInterpreters, interpreterOf, isPythonName } from '../../src/host/python/interpreters.ts';

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

/** A program of another purpose under the name of an interpreter: what it does is not looked at. */
const program = (name: string): string => {
  const path = join(dir, 'bin', name);
  copyFileSync(realpathSync('/bin/sleep'), path);
  return path;
};

const filesFor = (command: readonly string[]): string[] =>
  findInterpreters({ pids: [], command, env: { PATH: join(dir, 'bin') } })
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
    while (interpreterOf(child.pid ?? -1) === null) await new Promise((resolve) => setTimeout(resolve, 5));
    try {
      await then(child.pid ?? -1);
    } finally {
      child.kill('SIGKILL');
    }
  };

  test('is its executable, also when that was replaced under it', async () => {
    const python = program('python3.13');
    await running(python, (pid) => {
      expect(interpreterOf(pid)).toEqual({ executable: python, file: python });
      rmSync(python);
      expect(interpreterOf(pid)?.file).toBe(`/proc/${pid}/exe`);
    });
    expect(interpreterOf(process.pid)).toBeNull();
    expect(interpreterOf(2 ** 22 + 1)).toBeNull();
  });

  test('decides what of it is not counted, and why', async () => {
    const metrics = { memory: ['m'], markers: ['g'], functions: ['f'] };
    await running(program('python3.13'), (pid) => {
      expect(createPythonCoverage(metrics, [])(pid)?.g).toMatch(/has no USDT markers/);
      expect(createPythonCoverage(metrics, [])(pid)).not.toHaveProperty('m');
      expect(createPythonCoverage(metrics, [`/proc/${pid}/exe`])(pid)).toBeUndefined();
    });
    await running(program('python3.13t'), (pid) => {
      expect(createPythonCoverage(metrics, [`/proc/${pid}/exe`])(pid)).toEqual({
        m: expect.stringContaining('free-threaded'),
      });
    });
    expect(createPythonCoverage(metrics, [])(process.pid)).toBeUndefined();
  });
});

test('a finder without a file says where it looked', async () => {
  const python = program('python3.13');
  const found = await pythonUsdtFinder.find({ pids: [process.pid], command: null, env: {} });
  expect(found).toEqual({ files: [], problem: 'no Python interpreter was found' });
  expect(buildOf({ executable: python, file: python })).toEqual({
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
    return buildOf({ executable, file: executable }).optimised;
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

test('Python is told by the name of its file', () => {
  for (const name of ['python3.11', 'python', 'python2.7', 'platform-python3.6'])
    expect(isPythonName(name)).toBe(true);
  for (const name of ['ipython', 'uwsgi', 'perl', 'micropython']) expect(isPythonName(name)).toBe(false);
});
