/** Tables that are as wide as they have metrics: PCP, collectl, below. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recognise } from '../../src/foreign/formats.ts';
import type { Asked } from '../../src/foreign/source.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { one, opened } from '../helpers/points.ts';

const fixtures = join(root, 'test/fixtures');
const asked: Asked = { zone: null, bootUs: null, writtenMs: null };
const out = mkdtempSync(join(tmpdir(), 'wide-'));
afterAll(() => rmSync(out, { recursive: true }));

const textOf = (path: string): string => readFileSync(join(fixtures, path), 'utf8');

const read = async (text: string, format: string, more: Partial<Asked> = {}) => {
  const found = recognise(text);
  expect(found?.id).toBe(format);
  const got = await found?.read(one(text), { ...asked, ...more });
  if (got === undefined) throw new Error('of no format');
  return opened(got);
};

describe('pmrep -o csv', () => {
  it('has levels as they are, and rates over the time since the row before', async () => {
    const text = textOf('captured/pcp-6.0/host.csv');
    const got = await read(text, 'pcp');
    const rows = text
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(got.valuesOf('load.1')).toEqual(rows.map((cells) => Number(cells[1])));
    expect(got.valuesOf('mem.free')).toEqual(rows.map((cells) => Number(cells[6])));
    const [, ...later] = rows;
    expect(got.valuesOf('disk.vda.reads')).toEqual(later.map((cells) => Number(cells[11])));
    expect(got.valuesOf('disk.vda.read_bytes')).toEqual(later.map((cells) => Number(cells[12]) * 1024));
  });

  it('has processes by the PID that their instances begin with, in the zone that was given', async () => {
    const text = textOf('documented/imports/pmrep-processes.csv');
    const got = await read(text, 'pcp', { zone: zoneOf('Europe/Berlin') });
    expect(got.valuesOf('proc.rss_bytes', 4711)).toEqual([1_048_576 * 1024, 1_058_576 * 1024]);
    expect(got.valuesOf('proc.major_faults', 4711)).toEqual([25]);
    expect(got.table.processes.get(4711)?.[0]?.comm).toBe('java');
    expect(got.table.times.us[0]).toBe(Date.UTC(2024, 2, 4, 11) * 1000);
  });

  it('is made of an archive by the installed pmrep, or it says what to run', async () => {
    const path = join(fixtures, 'captured/pcp-6.0/archive.meta');
    const isThere = spawnSync('pmrep', ['-V']).status === 0;
    const { exitCode, stderr } = await runHere('import', path, '-o', join(out, 'pcp.ndjson'));
    expect(exitCode === 0, stderr).toBe(isThere);
    if (!isThere) expect(stderr).toMatch(/a file of PCP's archive, and .*pmrep.*where PCP is installed/);
  }, 30_000);

  it.each([
    ['Time,"a.b"\n2024-03-04 12:00:00,1,2\n', /line 2: 3 cells where the head line has 2/],
    ['Time,"a.b"\nnoon,1\n', /line 2: "noon" is neither a time/],
    ['Time,"a.b"\n2024-03-04 12:00:00,\n', /its end: it has no rows with values/],
  ])('that cannot be read is refused with its line: %j', async (text, why) => {
    await expect(read(text, 'pcp')).rejects.toThrow(why);
  });
});

describe('collectl -P', () => {
  it('has the same values with spaces and with commas, and local and UTC times', async () => {
    for (const [path, at] of [
      ['captured/collectl-4.3/collectl-P.txt', 2],
      ['captured/collectl-4.3/collectl-PU.csv', 1],
    ] as const) {
      const text = textOf(path);
      const got = await read(text, 'collectl');
      const rows = [...text.matchAll(/^\d.*$/gm)].map(([line]) => line.split(/[ ,]/));
      expect(rows).toHaveLength(5);
      expect(got.valuesOf('collectl.CPU.User-percent')).toEqual(rows.map((cells) => Number(cells[at])));
      expect(got.valuesOf('mem.free')).toEqual(rows.map((cells) => Number(cells[at + 23])));
      expect(got.valuesOf('vm.pgpgin')).toHaveLength(4);
    }
  });

  it('has disks, and processes with what they hold', async () => {
    const disks = await read(textOf('captured/collectl-4.3/collectl-DET.txt'), 'collectl');
    expect(disks.valuesOf('disk.vda.reads')).toHaveLength(4);
    const text = textOf('captured/collectl-4.3/collectl-Z.txt');
    const got = await read(text, 'collectl');
    const [, pid = ''] = /^\d+ (\d+) .* worker /m.exec(text) ?? [];
    const held = [
      ...text.matchAll(new RegExp(`^(\\d+) ${pid} \\S+ \\S+ \\S+ \\S+ \\S+ \\S+ \\S+ (\\d+) `, 'gm')),
    ];
    const first = new Map(held.toReversed().map(([, at, kib]) => [at, Number(kib) * 1024]));
    expect(got.valuesOf('proc.rss_bytes', Number(pid))).toEqual([...first.values()].toReversed());
    expect(got.table.processes.get(Number(pid))?.[0]?.comm).toBe('worker');
  });

  it('knows the zone and the host that its own files name', async () => {
    const text = [
      '# Collectl:   V4.3.1-1  HiRes: 1  Options: -P',
      '# Host:       db-7  DaemonOpts: ',
      '# Date:       20240304-120000  Secs: 1709553600 TZ: +0100',
      '#Date Time [CPU]User% [MEM]Free',
      '20240304 12:00:00 5 100',
      '20240304 12:00:10 6 90',
    ].join('\n');
    const got = await read(text, 'collectl');
    expect(got.table.times.us[0]).toBe(Date.UTC(2024, 2, 4, 11) * 1000);
    expect(got.host.hostname).toBe('db-7');
  });
});

describe('below dump', () => {
  it('has processes with amounts in their units', async () => {
    const got = await read(textOf('documented/below/processes.csv'), 'below');
    expect(got.valuesOf('proc.rss_bytes', 4711)).toEqual([1.5, 1.6].map((gib) => gib * 2 ** 30));
    expect(got.valuesOf('proc.read_bytes', 4711)).toEqual([5 * 10 * 2 ** 20]);
    expect(got.valuesOf('below.process.cpu-percent', 4711)).toEqual([101.5, 99.25]);
    expect(got.valuesOf('proc.rss_bytes', 4712)).toEqual([]);
    expect(got.lost.join()).toMatch(/1 rows that have not as many cells/);
    expect(got.table.times.us).toEqual([1_709_553_600e6, 1_709_553_605e6]);
  });

  it('has control groups as JSON', async () => {
    const got = await read(textOf('documented/below/cgroups.json'), 'below-json');
    expect(got.valuesOf('below.of.app.service.mem_total_bytes')).toEqual(
      [1.5, 1.6].map((gib) => gib * 2 ** 30),
    );
    expect(got.valuesOf('below.of.app.service.mem_pressure-percent')).toEqual([12.5, 13.5]);
  });
});
