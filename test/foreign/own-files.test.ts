/** Files that only the program that wrote them reads: the same from a disk, out of an archive and by a pipe. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { converted, converterOf } from '../../src/cli/import/converted.ts';
import { asFile } from '../../src/cli/import/nameless.ts';
import { outputOf } from '../../src/cli/import/program.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { describeWith } from '../helpers/requires.ts';

const folder = mkdtempSync(join(tmpdir(), 'own-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const captured = join(root, 'test/fixtures/captured');
const SYSSTAT = 'sysstat-12.6/four.sa';

const samplesOf = async (path: string): Promise<string[]> => {
  const out = join(folder, 'out.ndjson');
  const { stderr } = await runHere('import', path, '-o', out, '--force', '--format', 'sadf-xml');
  const written = /wrote (.*): \d+ records/.exec(stderr)?.[1];
  if (written === undefined) throw new Error(stderr);
  return readFileSync(written, 'utf8').split('\n').slice(1);
};

const textOf = async (chunks: AsyncIterable<Uint8Array>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += Buffer.from(chunk).toString('latin1');
  return text;
};

describeWith(['sadf'], "sysstat's own file", () => {
  it('is the same numbers out of a packed archive and by a pipe', async () => {
    const archive = join(folder, 'sosreport.tar.gz');
    execFileSync('tar', ['-C', captured, '-czf', archive, SYSSTAT]);
    const onDisk = await samplesOf(join(captured, SYSSTAT));
    expect(onDisk.length).toBeGreaterThan(3);
    expect(await samplesOf(archive)).toEqual(onDisk);
    const whole = readFileSync(join(captured, SYSSTAT));
    const converter = converterOf(whole);
    if (converter === null) throw new Error('not recognised');
    const pieces = (async function* () {
      for (let at = 0; at < whole.length; at += 1000) yield whole.subarray(at, at + 1000);
    })();
    expect(await textOf(converted(converter, { path: null, chunks: pieces }))).toBe(
      await textOf(outputOf(['sadf', '-x', join(captured, SYSSTAT), '--', '-A'])),
    );
  });
});

describe('a file of several that are read together', () => {
  it('is not read alone: the reason, and what to do', async () => {
    const head = readFileSync(join(captured, 'pcp-6.0/archive.meta'));
    const converter = converterOf(head);
    if (converter === null) throw new Error('not recognised');
    const read = textOf(converted(converter, { path: null, chunks: nothing() }));
    await expect(read).rejects.toThrow(/PCP's archive, and .*together: take them out of the archive/);
  });
});

describe('a file without a name', () => {
  const store = join(folder, 'store');
  mkdirSync(store);
  const three = async function* (): AsyncGenerator<Uint8Array> {
    for (const text of ['one ', 'two ', 'three']) yield Buffer.from(text);
  };

  it('is read whole by the program it is handed to, from the beginning, and nothing is left', async () => {
    const read = (file: number) => {
      expect(readdirSync(store)).toEqual([]);
      return outputOf(['cat', '/proc/self/fd/3'], { file });
    };
    expect(await textOf(asFile(three(), { folder: store, mostBytes: 100 }, read))).toBe('one two three');
    expect(readdirSync(store)).toEqual([]);
  });

  it('is no larger than its bound', async () => {
    const read = () => nothing();
    await expect(textOf(asFile(three(), { folder: store, mostBytes: 10 }, read))).rejects.toThrow(
      /more of it than the .* MiB held/,
    );
  });
});

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Nothing to read.
}
