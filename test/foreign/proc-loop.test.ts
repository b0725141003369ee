/** Loops of date and cat /proc: each section is a sample, with the metrics that tracing has. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dateLineOf } from '../../src/foreign/date-line.ts';
import { recognise } from '../../src/foreign/formats.ts';
import { readProcLoop } from '../../src/foreign/proc-loop.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { root } from '../docs/sections.ts';

const captured = join(root, 'test/fixtures/captured/proc-loop-6.18/loop.txt');

async function* one(text: string) {
  yield Buffer.from(text);
}

const read = async (chunks: AsyncIterable<Uint8Array>, zone: string | null = null) => {
  const got = await readProcLoop(chunks, {
    zone: zone === null ? null : zoneOf(zone),
    bootUs: null,
    writtenMs: null,
  });
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  const valuesOf = (metric: string): number[] => {
    const column = got.table.columns.get(metric);
    return column === undefined ? [] : [...column.values.subarray(0, column.length)];
  };
  return { ...got, valuesOf, lost: [...got.table.leftOut].map(([why, count]) => `${count} ${why}`) };
};

describe('a loop over /proc', () => {
  it('is read as the kernel printed it', async () => {
    expect(recognise(readFileSync(captured, 'utf8'))?.id).toBe('proc-loop');
    const got = await read(createReadStream(captured));
    const text = readFileSync(captured, 'utf8');
    const all = (pattern: RegExp): number[] =>
      [...text.matchAll(pattern)].map(([, number]) => Number(number));
    expect(got.valuesOf('mem.free')).toEqual(all(/^MemFree: +(\d+) kB$/gm));
    expect(got.valuesOf('vm.pgmajfault')).toEqual(all(/^pgmajfault (\d+)$/gm));
    expect(got.valuesOf('load.1')).toEqual(all(/^(\d+\.\d\d) \d+\.\d\d \d+\.\d\d \d+\/\d+ \d+$/gm));
    expect(got.valuesOf('psi.cpu.some_us')).toHaveLength(3);
    expect(got.valuesOf('buddy.0.Normal.0')).toHaveLength(3);
    expect(got.valuesOf('disk.vda.busy_ms')).toHaveLength(3);
    expect(got.host.cpus).toBe(2);
    expect(got.lost).toEqual([]);
  });

  it('makes counters of 32 bits whole, and takes no pressure that nobody names', async () => {
    const section = (second: number, reads: number): string =>
      `2024-11-30T12:00:0${second}Z\n   8       0 sda ${reads} 0 0 0 0 0 0 0 0 0 0\nsome avg10=0.00 avg60=0.00 avg300=0.00 total=5\n`;
    const got = await read(one(section(0, 4_294_967_290) + section(1, 4)));
    expect(got.valuesOf('disk.sda.reads')).toEqual([4_294_967_290, 4_294_967_300]);
    expect(got.lost).toEqual([expect.stringMatching(/^2 lines of pressure/)]);
  });

  it('leaves out sections that a clock had shown before', async () => {
    const at = ['12:00:00', '12:00:01', '11:59:00', '12:00:02'];
    const got = await read(
      one(at.map((time, value) => `2024-11-30T${time}Z\nMemFree: ${value} kB`).join('\n')),
    );
    expect(got.valuesOf('mem.free')).toEqual([0, 1, 3]);
    expect(got.lost).toEqual(['1 sections at a time that the clock had shown before']);
  });

  it('takes a line of no date that is known for one more under the date above it, and says so', async () => {
    const section = (date: string, kib: number) => `${date}\nMemTotal: 9 kB\nMemFree: ${kib} kB\n`;
    const text = `${section('1732969800', 1)}${section('Sa 30. Nov 12:00:01 UTC 2024', 2)}`;
    expect((await read(one(text))).lost).toEqual(['1 files of /proc that stood twice under one date']);
  });

  it('refuses an abbreviation that names no one zone', async () => {
    const text = 'Sat Nov 30 12:00:00 CST 2024\nMemFree: 1 kB\n';
    await expect(read(one(text))).rejects.toThrow(/line 1: its times are in "CST"/);
    expect((await read(one(text), '+08:00')).table.times.us).toEqual([Date.UTC(2024, 10, 30, 4) * 1000]);
  });

  it.each([
    ['Sat Nov 30 12:30:00 UTC 2024', { localUs: 1_732_969_800e6, zone: zoneOf('UTC') }],
    ['Sat Nov 30 12:30:00 PM UTC 2024', { localUs: 1_732_969_800e6, zone: zoneOf('UTC') }],
    ['Sat 30 Nov 2024 12:30:00 PM CET', { localUs: 1_732_969_800e6, abbreviation: 'CET' }],
    ['zzz ***Sat Nov 30 12:30:00 UTC 2024', { localUs: 1_732_969_800e6, zone: zoneOf('UTC') }],
    ['=== 2024-11-30T12:30:00+00:00 ===', { realUs: 1_732_969_800e6 }],
    ['Sat Nov 30 12:30:00 pm UTC 2024', { localUs: 1_732_969_800e6, zone: zoneOf('UTC') }],
    ['Sat 30 Nov 12:30:00 GMT 2024', { localUs: 1_732_969_800e6, zone: zoneOf('UTC') }],
    ['1732969800', { realUs: 1_732_969_800e6 }],
    ['1732969800000', { realUs: 1_732_969_800e6 }],
    ['1732969800000000', { realUs: 1_732_969_800e6 }],
    ['1732969800000000000', { realUs: 1_732_969_800e6 }],
    ['1732969', null],
    ['MemFree: 1732969800 kB', null],
    ['Sat Nov 31 12:30:00 UTC 2024', null],
  ])('%s is %j', (line, expected) => {
    expect(dateLineOf(line)).toEqual(expected);
  });
});
