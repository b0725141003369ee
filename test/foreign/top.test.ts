/** `top -b`: frames by their columns, on days that something says, in any locale. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../src/foreign/formats.ts';
import type { Asked } from '../../src/foreign/source.ts';
import { readTop } from '../../src/foreign/top/read.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { root } from '../docs/sections.ts';
import { one, opened } from '../helpers/points.ts';

const folder = join(root, 'test/fixtures/captured/top-4.0');
const asked: Asked = { zone: null, bootUs: null, writtenMs: null, endedMs: Date.UTC(2026, 10, 30, 22, 30) };

const read = async (chunks: AsyncIterable<Uint8Array>, more: Partial<Asked> = {}) =>
  opened(await readTop(chunks, { ...asked, ...more }));

const frame = (clock: string, rows: string, extra = ''): string =>
  `top - ${clock} up 1 day,  1 user,  load average: 0.10, 0.20, 0.30\n${extra}\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n${rows}\n\n`;
const row = (pid: number, res: string, time = '0:01.00', name = 'java'): string =>
  `  ${pid} app       20   0   10.1g  ${res}  1234 S  12.5   1.0   ${time} ${name}`;

describe('top -b', () => {
  it('is read as it was printed, process by process', async () => {
    const path = join(folder, 'top-date.txt');
    const text = readFileSync(path, 'utf8');
    expect(recognise(text)?.id).toBe('top');
    const got = await read(createReadStream(path));
    const resident = [...text.matchAll(/^ +4 root +20 +0 +\d+ +(\d+) .* python3$/gm)];
    expect(got.valuesOf('proc.rss_bytes', 4)).toEqual(resident.map(([, kib]) => Number(kib) * 1024));
    expect(resident).toHaveLength(5);
    expect(got.valuesOf('load.1')).toEqual(
      [...text.matchAll(/load average: (\d+\.\d\d)/g)].map(([, load]) => Number(load)),
    );
    // The first frame's shares are since nobody knows when.
    expect(got.valuesOf('top.cpu.id-percent')).toHaveLength(4);
    expect(got.valuesOf('top.cpu-percent', 4)).toHaveLength(4);
    expect(got.table.processes.get(6)?.map(({ comm }) => comm)).toEqual(['a name +']);
    expect(new Date((got.table.times.us[0] ?? 0) / 1000).toISOString()).toBe('2026-11-30T22:23:31.000Z');
    expect(got.host.memoryBytes).toBe(Math.round(24105.6 * 1024) * 1024);
  });

  it.each([['top-de.txt'], ['top-fr.txt']])('is the same in other locales: %s', async (name) => {
    const got = await read(createReadStream(join(folder, name)));
    expect(got.table.columns.get('load.1')?.values[0]).toBe(5.48);
    expect(got.valuesOf('mem.free')[0]).toBe(Math.round((name.includes('de') ? 19689.7 : 19645.9) * 1024));
    expect(got.valuesOf('top.cpu.us-percent')).toHaveLength(2);
    expect(got.valuesOf('proc.rss_bytes', 1)[0]).toBe(
      name.includes('de') ? 3212 * 1024 : Math.round(3.1 * 2 ** 20),
    );
    expect(got.valuesOf('proc.cpu_ms', 1)).toHaveLength(3);
    expect(got.lost.filter((why) => /head line|plain number/.test(why))).toEqual([]);
  });

  it('has threads with their own time and without the memory that they share', async () => {
    const got = await read(createReadStream(join(folder, 'top-threads.txt')));
    expect([...got.table.metrics.keys()].filter((id) => id.endsWith('bytes'))).toEqual([]);
    expect(got.valuesOf('thread.cpu_ms', 1)).toHaveLength(3);
    expect([...got.table.notes].join()).toMatch(/single threads/);
  });

  it('places frames of one second evenly in it', async () => {
    const got = await read(createReadStream(join(folder, 'top-k.txt')));
    expect((got.table.times.us[1] ?? 0) - (got.table.times.us[0] ?? 0)).toBe(500_000);
  });

  it('goes on over midnight, and leaves out what the clock had shown before', async () => {
    const text = ['23:59:58', '00:00:01', '00:00:00', '00:00:04']
      .map((clock, index) => frame(clock, row(7, `${1000 + index}`)))
      .join('');
    const got = await read(one(`2024-02-28T23:59:00Z\n${text}`));
    expect(got.table.times.us.map((us) => new Date(us / 1000).toISOString().slice(5, 19))).toEqual([
      '02-28T23:59:58',
      '02-29T00:00:01',
      '02-29T00:00:04',
    ]);
    expect(got.valuesOf('proc.rss_bytes', 7)).toEqual([1000, 1001, 1003].map((kib) => kib * 1024));
    expect(got.lost.join()).toMatch(/clock had shown before/);
  });

  it('takes the day from when its file was written, in the zone that was given, or is refused', async () => {
    const text = frame('23:50:00', row(7, '10')) + frame('00:10:00', row(7, '11'));
    const endedMs = Date.UTC(2024, 6, 1, 22, 10, 1);
    const berlin = await read(one(text), { endedMs, zone: zoneOf('Europe/Berlin') });
    expect(berlin.table.times.us).toEqual(
      [Date.UTC(2024, 5, 30, 21, 50) * 1000, Date.UTC(2024, 5, 30, 22, 10) * 1000].map((us) => us + 86_400e6),
    );
    const unknown = await read(one(text), { endedMs });
    expect(unknown.table.times.us.at(-1)).toBe(Date.UTC(2024, 6, 2, 0, 10) * 1000);
    await expect(read(one(text), { endedMs: null })).rejects.toThrow(/top prints no date/);
  });

  it('reads what versions before had: k and percent signs, amounts with units, times of hours', async () => {
    const old = [
      '2013-03-04 03:10:01',
      'top - 03:10:01 up 40 days,  2:11,  3 users,  load average: 101.12, 88.01, 60.30',
      'Tasks: 412 total,   9 running, 403 sleeping,   0 stopped,   0 zombie',
      'Cpu(s): 12.1%us, 41.0%sy,  0.0%ni, 38.2%id,  8.2%wa,  0.0%hi,  0.5%si,  0.0%st',
      'Mem:  132162664k total, 131289012k used,   873652k free,   101300k buffers',
      'Swap:  2097144k total,    12344k used,  2084800k free, 91200128k cached',
      '',
      '  PID USER      PR  NI  VIRT  RES  SHR S %CPU %MEM    TIME+  COMMAND',
      ' 9120 app       20   0 71.2g  37g  12m D 240.1 29.0 12345:06 java',
      '    4 root      20   0     0    0    0 R  99.0  0.0  99999h kswapd0',
      '',
    ].join('\n');
    const got = await read(one(old));
    expect(got.valuesOf('mem.free')).toEqual([873_652]);
    expect(got.valuesOf('mem.cached')).toEqual([91_200_128]);
    expect(got.valuesOf('proc.rss_bytes', 9120)).toEqual([37 * 2 ** 30]);
    expect(got.valuesOf('proc.cpu_ms', 9120)).toEqual([(12_345 * 60 + 6) * 1000]);
    expect(got.valuesOf('proc.d_state', 9120)).toEqual([1]);
    expect(got.lost.join()).toMatch(/1 cells that are no plain number/);
  });

  it('names a frame whose table it does not know', async () => {
    const text = frame('10:00:00', row(7, '10')).replace('    PID', ' 进程号');
    expect((await read(one(text))).lost.join()).toMatch(/1 frames without a head line/);
  });
});
