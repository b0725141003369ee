/** Work on the files of another host, which are those of this one behind a real shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
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
  it('is known for the interpreter that it holds, and for the size of its arenas', async () => {
    const program = join(dir, 'uwsgi');
    copyWithout(realpathSync(INSTALLED), 'PyIter_Send', program);
    const ask = <T>(work: Parameters<typeof settle<T>>[3]): Promise<T> =>
      settle(reader, new Map(), { self: 1, filters: new Map() }, work);
    expect(await ask((files) => holdsInterpreter(files, program))).toBe(true);
    expect(await ask((files) => arenaBytesOf(files, program))).toBe(262_144n);
    // Too small to hold one: nothing of it is asked for.
    expect(await ask((files) => holdsInterpreter(files, '/bin/true'))).toBe(false);
  });
});
