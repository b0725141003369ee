/** atop: its text and its JSON say the same, of processes and the host; its own files through the installed atop. */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAtop, readAtopJson } from '../../src/foreign/atop/read.ts';
import { recognise } from '../../src/foreign/formats.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { one, opened } from '../helpers/points.ts';

const folder = join(root, 'test/fixtures/captured/atop-2.8');
const text = readFileSync(join(folder, 'atop-P.txt'), 'utf8');
const out = mkdtempSync(join(tmpdir(), 'atop-'));
afterAll(() => rmSync(out, { recursive: true }));

/** Words of all lines of a label, of one PID. */
const linesOf = (label: string, pid: number): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${label} db-7 `) && line.split(' ')[6] === String(pid))
    .map((line) => line.replace(/\(.*?\) (?=[A-Z] )/, '').split(' '));

const read = async (lines: string) => opened(await readAtop(one(lines)));

describe('atop', () => {
  it('is read as it counted, process by process', async () => {
    expect(recognise(text)?.id).toBe('atop');
    const got = await read(text);
    const worker =
      [...got.table.processes].find(([, runs]) => runs.some(({ comm }) => comm === 'python3'))?.[0] ?? 0;
    const memory = linesOf('PRM', worker);
    const held = memory.map((words) => Number(words[10]) * 1024);
    expect(got.valuesOf('proc.rss_bytes', worker)).toEqual(held);
    expect((held.at(-1) ?? 0) - (held[0] ?? 0)).toBeGreaterThan(50e6);
    // The first sample is since boot.
    const [, ...faults] = memory.map((words) => Number(words[14]));
    expect(got.valuesOf('proc.minor_faults', worker)).toEqual(faults);
    const [, ...sectors] = [...text.matchAll(/^DSK .* vda \d+ \d+ (\d+) /gm)].map(([, read]) => Number(read));
    expect(got.valuesOf('disk.vda.read_bytes')).toEqual(sectors.map((sector) => sector * 512));
    expect(got.valuesOf('disk.vda.busy_ms')).toHaveLength(8);
    expect(got.valuesOf('mem.free')).toHaveLength(9);
    expect(got.host).toMatchObject({ hostname: 'db-7', cpus: 2 });
    expect([...got.table.processes.values()].flat().map(({ comm }) => comm)).toContain('a name (with) s');
    // One had ended, and its PID was there again, in one sample.
    expect(got.lost).toEqual(['4 lines of what the sample had already']);
  });

  it('is the same as JSON, but for what that does not say', async () => {
    const json = readFileSync(join(folder, 'atop-J.txt'), 'utf8');
    expect(recognise(json)?.id).toBe('atop-json');
    const [asText, asJson] = [await read(text), opened(await readAtopJson(one(json)))];
    const differing = [...asText.table.columns].filter(([key, { metric, length, values }]) => {
      if (/cpu_wait_ns|pgpg|queue_ms/.test(metric)) return false;
      const other = asJson.table.columns.get(key);
      return (
        other?.length !== length || values.subarray(0, length).some((value, at) => value !== other.values[at])
      );
    });
    expect(differing.map(([key]) => key)).toEqual([]);
    expect(asJson.table.processes.size).toBe(asText.table.processes.size);
  });

  const sample = (at: number, rows: string[]): string =>
    rows.map((row) => row.replace(' @ ', ` h ${1_700_000_000 + at} 2023/11/14 22:13:20 10 `)).join('\n') +
    '\nSEP\n';

  it('keeps two processes of one PID apart, takes no threads, and knows older versions', async () => {
    const got = await read(
      'RESET\n' +
        sample(0, ['PRM @ 7 (java) S 4096 900 500 1 0 0 9 9', 'CPU @ 100 2 9 9 9 9 9 9 9 9 9']) +
        sample(10, [
          'PRG @ 7 (java) S 0 0 7 1 0 1699990000 (java) 1 0 1 0',
          'PRM @ 7 (java) S 4096 900 600 1 0 100 5 2',
          'PRM @ 8 (java) S 4096 900 600 1 0 100 5 2 0 0 0 0 7 n',
          'PRM @ 0 (?) E 4096 900 600 1 0 100 5 2',
        ]) +
        sample(20, [
          'PRG @ 7 (java) S 0 0 7 1 0 1699990001 (java) 1 0 1 0',
          'PRM @ 7 (java) S 4096 9 600 1 0 0 5 3',
        ]) +
        sample(30, [
          'PRG @ 7 (java) S 0 0 7 1 0 1700000025 (java) 1 0 1 0',
          'PRM @ 7 (java) S 4096 9 700 1 0 0 5 1',
        ]),
    );
    expect(got.valuesOf('proc.rss_bytes', 7)).toEqual([500, 600, 600, 700].map((kib) => kib * 1024));
    expect(got.valuesOf('proc.major_faults', 7)).toEqual([2, 3, 1]);
    expect(got.valuesOf('cpu.busy_ms')).toEqual([]);
    expect(got.table.processes.get(7)?.map(({ startUs }) => startUs)).toEqual([
      null,
      1_699_990_000e6,
      1_700_000_025e6,
    ]);
    expect(got.table.processes.has(8)).toBe(false);
    expect(got.lost.join()).toMatch(/1 rows of single threads.*1 processes that ended/);
  });

  it('refuses a second host', async () => {
    const two = text + text.slice(text.indexOf('\n') + 1).replaceAll(' db-7 ', ' db-8 ');
    await expect(read(two)).rejects.toThrow(/of another host than above: db-8/);
  });

  it('has files of its own, which the installed atop reads; where there is none it says what to do', async () => {
    const path = join(folder, 'atop.raw');
    const hasAtop = spawnSync('atop', ['-r', path, '-P', 'CPL']).status === 0;
    const file = join(out, 'raw.ndjson');
    const { exitCode, stderr } = await runHere('import', path, '-o', file);
    if (hasAtop) expect(stderr).toMatch(/wrote .*: \d+ records/);
    else expect(stderr).toMatch(/atop's own file, and .*atop.*; only the version of atop that wrote it/);
    expect(exitCode === 0).toBe(hasAtop);
    const cut = join(out, 'cut.raw');
    writeFileSync(cut, readFileSync(path).subarray(0, 600));
    const damaged = await runHere('import', cut, '-o', file, '--force');
    expect(damaged.exitCode).not.toBe(0);
    expect(damaged.stderr).toMatch(/atop's own file|no sample/);
  }, 30_000);

  it('is imported from a file as from its text', async () => {
    const got = opened(await readAtop(createReadStream(join(folder, 'atop-P.txt'), { highWaterMark: 37 })));
    expect(got.table.size).toBe((await read(text)).table.size);
  });
});
