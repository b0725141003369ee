/** Several hosts at the command line: what is refused, what files are called, and a replay on one clock. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileOf } from '../../src/cli/host-file.ts';
import { examples } from '../helpers/examples.ts';
import { writtenAs } from '../helpers/recorded.ts';
import { runTool } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'several-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same storm, on two hosts; by the clock they share it came 12 s later on the second. */
const record = (name: string, aheadMs: number): string =>
  writtenAs(join(folder, `${name}.ndjson`), examples[0] ?? '', (header) => ({
    ...header,
    remote: { hostname: `root@${name}`, aheadMs, unsureMs: 3 },
  }));
/** Nothing is written there. */
const NONE = join(folder, 'none');
const first = record('db7', 0);
const second = record('web1', -12_000);

describe('the file of a host', () => {
  it.each([
    ['out.ndjson', 'db7', 'out.db7.ndjson'],
    ['day.ndjson.gz', '10.0.0.7', 'day.10.0.0.7.ndjson.gz'],
    ['/var/tmp/out', 'fe80::1%eth0', '/var/tmp/out.fe80__1_eth0'],
    ['a.b/out.ndjson', '../x', 'a.b/out..._x.ndjson'],
  ])('%s of %s is %s', (output, host, file) => {
    expect(fileOf(output, host)).toBe(file);
  });
});

describe('what several hosts cannot have', () => {
  it.each([
    [['record', '--host', 'a,b', '-p', '1', '-o', NONE], /--pid is for one host/],
    [['live', '--host', 'a,b', '--listen', '9464'], /--listen is for one host/],
    [['doctor', '--host', 'a,b', '--bundle', NONE], /--bundle is for one host/],
    [['record', '--host', 'a,a', '-o', NONE], /two of them are called a/],
    [['probes', '--host', 'a,b'], /commas stand between several/],
    [['replay', first, second, '--follow'], /--follow goes on with one recording/],
    [['replay', '-', '-'], /Only one recording can come from stdin/],
  ])('%j', async (args, why) => {
    const { code, stderr } = await runTool(args);
    expect(stderr).toMatch(why);
    expect(code).toBe(2);
  });
});

describe('replay of several hosts', () => {
  it('is in the order of the clock that they share, and says which was in trouble first', async () => {
    const { code, stdout } = await runTool(['replay', second, first, '--json']);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const intervals = lines.filter(({ type }) => type === 'interval');
    const common = intervals.map(({ on, time }) => Date.parse(time) + (on === 'web1' ? 12_000 : 0));
    expect(common).toEqual([...common].sort((a, b) => a - b));
    expect(new Set(intervals.map(({ on }) => on))).toEqual(new Set(['db7', 'web1']));
    const elsewhere = lines.filter(({ type }) => type === 'elsewhere');
    expect(elsewhere).toContainEqual(
      expect.objectContaining({
        on: 'web1',
        title: 'SEEK_HOLE storm',
        order: 'before',
        byMs: 12_000,
        compared: true,
        other: expect.objectContaining({ on: 'db7', title: 'SEEK_HOLE storm', who: 'qemu-mirror (7012)' }),
      }),
    );
    // The first has nobody before it.
    expect(elsewhere.filter(({ on, title }) => on === 'db7' && title === 'SEEK_HOLE storm')).toEqual([]);
  });

  it('says so in sentences, each with the name of its host', async () => {
    const { code, stdout } = await runTool(['replay', first, second, '--plain', '--from', '+20s']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^web1: \d\d:\d\d:\d\d SEEK_HOLE storm: db7 was in trouble 12s before \(\+-2\.\d+s\): SEEK_HOLE storm, qemu-mirror \(7012\)\.$/m,
    );
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^(db7|web1): /);
  });
});
