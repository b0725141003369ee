/** Work on the files of another host, which are those of this one behind a real shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { arenaBytesOf, holdsInterpreter } from '../../src/host/python/recognise.ts';
import { createReader, type Reader } from '../../src/remote/reader.ts';
import { readerScript } from '../../src/remote/scripts.ts';
import { settle } from '../../src/remote/settle.ts';
import { copyWithout } from '../helpers/older.ts';

const INSTALLED = '/usr/bin/python3';
const MARK = 'f00dfeed';

let shell: ChildProcess;
let reader: Reader;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stallscope-settle-'));
  const child = spawn('sh', ['-c', readerScript(MARK)], { stdio: 'pipe' });
  shell = child;
  reader = createReader({
    ...{ input: child.stdin, output: child.stdout, mark: MARK },
    ...{ own: () => undefined, flooded: () => undefined },
  });
});
afterEach(() => {
  shell.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(!existsSync(INSTALLED))('a program there', () => {
  it('is known for the interpreter that it holds, by the size of its arenas, where its name is that of one', async () => {
    const program = join(dir, 'python3.11');
    copyWithout(realpathSync(INSTALLED), 'PyIter_Send', program);
    const renamed = join(dir, 'uwsgi');
    copyFileSync(program, renamed);
    const ask = <T>(work: Parameters<typeof settle<T>>[3]): Promise<T> =>
      settle(reader, new Map(), { self: 1, filters: new Map() }, work);
    expect(await ask((files) => holdsInterpreter(files, program))).toBe(true);
    expect(await ask((files) => arenaBytesOf(files, program))).toBe(262_144n);
    // Not every program can be looked into over a link.
    expect(await ask((files) => holdsInterpreter(files, renamed))).toBe(false);
  });
});
