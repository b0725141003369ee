/** sysstat's history as JSON, XML and text of one file, and the tables of its other tools, are the same numbers. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../src/foreign/formats.ts';
import type { PointTable } from '../../src/foreign/point-table.ts';
import type { Asked, Read } from '../../src/foreign/source.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { root } from '../docs/sections.ts';

const captured = (name: string): string => join(root, 'test/fixtures/captured', name);

const ASKED: Asked = { zone: null, bootUs: null, writtenMs: null };

const readWith = async (
  head: string,
  chunks: AsyncIterable<Uint8Array>,
  asked: Partial<Asked>,
): Promise<Read> => {
  const format = recognise(head);
  if (format === null) throw new Error('of no format');
  const got = await format.read(chunks, { ...ASKED, ...asked });
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  return got;
};

const read = (name: string, asked: Partial<Asked> = {}): Promise<Read> =>
  readWith(readFileSync(captured(name), 'utf8'), createReadStream(captured(name)), asked);

const readText = (text: string, asked: Partial<Asked> = {}): Promise<Read> =>
  readWith(
    text,
    (async function* () {
      yield Buffer.from(text);
    })(),
    asked,
  );

/** Series to `instant=value`. */
const seriesOf = ({ columns, times }: PointTable): Map<string, string> =>
  new Map(
    [...columns].map(([key, { length, at, values }]) => [
      key,
      Array.from(
        { length },
        (_, index) => `${times.us[at[index] ?? 0]}=${Math.round((values[index] ?? 0) * 1e6)}`,
      ).join(),
    ]),
  );

describe('one file of sysstat', () => {
  it('as XML is what it is as JSON', async () => {
    const [json, xml] = [await read('sysstat-12.6/four.json'), await read('sysstat-12.6/four.xml')];
    expect(seriesOf(xml.table)).toEqual(seriesOf(json.table));
    expect(xml.host).toEqual(json.host);
    expect(seriesOf(json.table).size).toBeGreaterThan(400);
  });

  it.each(['four-sar.txt', 'four-sar-iso.txt'])(
    'as text (%s) is what it is as JSON, where sar prints it',
    async (name) => {
      const json = seriesOf((await read('sysstat-12.6/four.json')).table);
      const text = seriesOf((await read(`sysstat-12.6/${name}`)).table);
      const others = [...text].filter(([key, values]) => json.get(key) !== values).map(([key]) => key);
      expect(others).toEqual([]);
      // sadf has sizes of sectors, too.
      expect(json.size - text.size).toBeLessThan(25);
    },
  );
});

const first = 'Linux 3.10.0 (web-1)  11/29/2026  _x86_64_  (4 CPU)';
const instants = ({ table }: Read): string[] =>
  [...table.times.us].map((us) => new Date(us / 1000).toISOString().slice(5, 19));
const valuesOf = ({ table }: Read, metric: string): number[] => {
  const column = table.columns.get(metric);
  return column === undefined ? [] : [...column.values.subarray(0, column.length)];
};

describe('text of sar', () => {
  it('passes midnight, head lines that come again, averages and restarts', async () => {
    const got = await readText(
      [
        first,
        '',
        '23:40:01     pgpgin/s pgpgout/s   majflt/s',
        '23:50:01         1.00      2.00       3.00',
        '',
        '23:50:01     pgpgin/s pgpgout/s   majflt/s',
        '00:00:01         4.00      5.00       6.00',
        'Average:         2.50      3.50       4.50',
        '',
        '00:05:00     LINUX RESTART (4 CPU)',
        '',
        '00:05:01     pgpgin/s pgpgout/s   majflt/s',
        '00:10:01         7.00      8.00       9.00',
      ].join('\n'),
    );
    expect(instants(got)).toEqual(['11-29T23:50:01', '11-30T00:00:01', '11-30T00:10:01']);
    // Per second, over the time since the line before.
    expect(valuesOf(got, 'vm.pgmajfault')).toEqual([1800, 3600, 2700]);
    expect(got.table.marks.map(({ text }) => text)).toEqual(['restart']);
    expect(got.isLocal).toBe(true);
  });

  it.each([
    ['12 hours', '12:00:01 AM', '12:10:01 PM', ['11-29T00:00:01', '11-29T12:10:01']],
    ['24 hours', '00:00:01', '12:10:01', ['11-29T00:00:01', '11-29T12:10:01']],
  ])('has a clock of %s', async (_, a, b, expected) => {
    const got = await readText([first, '', `${a}  kbmemfree`, `${a}  5`, `${b}  6`].join('\n'));
    expect(instants(got)).toEqual(expected);
  });

  it.each([
    ['11/29/26', '11-29'],
    ['2026-11-29', '11-29'],
    ['29.11.2026', '11-29'],
    ['29/11/26', '11-29'],
  ])('has the date %s', async (date, expected) => {
    const got = await readText(
      [`Linux 3.10.0 (h)  ${date}  _x86_64_ (4 CPU)`, '', '10:00:00 kbmemfree', '10:00:01 5'].join('\n'),
    );
    expect(instants(got)[0]?.slice(0, 5)).toBe(expected);
  });

  it('has decimal commas, devices by any name, and rows that are cut', async () => {
    const got = await readText(
      [
        first,
        '',
        '10:00:00   DEV   tps   await',
        '10:00:01   dev8-0   1,50   0,25',
        '10:00:01   dm-12   2,00   99,00',
        '10:00:02   dev8-0   1,5',
      ].join('\n'),
      { zone: zoneOf('Europe/Berlin') },
    );
    expect(valuesOf(got, 'sar.disk.dev8-0.tps')).toEqual([1.5]);
    expect(valuesOf(got, 'sar.disk.dm-12.await')).toEqual([99]);
    expect(instants(got)[0]).toBe('11-29T09:00:01');
    expect([...got.table.leftOut]).toEqual([
      ['rows that have not as many cells as their table has columns', 1],
    ]);
  });

  it('of a clock that was set back leaves out what it had shown before', async () => {
    const got = await readText(
      [first, '', '10:00:00 kbmemfree', '10:10:00 1', '09:30:00 2', '10:20:00 3'].join('\n'),
    );
    expect(valuesOf(got, 'mem.free')).toEqual([1, 3]);
    expect([...got.table.leftOut]).toEqual([[expect.stringMatching(/clock was set back/), 1]]);
  });

  it('goes on through the hours of a change to and from summer time', async () => {
    const rows = ['01:50:00', '02:00:00', '02:50:00', '02:00:00', '02:50:00', '03:00:00'].map(
      (at, value) => `${at} ${value}`,
    );
    const text = ['Linux 3.10.0 (h) 10/25/2026 _x86_64_ (4 CPU)', '', '01:40:00 kbmemfree', ...rows].join(
      '\n',
    );
    const got = await readText(text, { zone: zoneOf('Europe/Berlin') });
    expect(instants(got).map((at) => at.slice(6))).toEqual([
      '23:50:00',
      '00:00:00',
      '00:50:00',
      '01:00:00',
      '01:50:00',
      '02:00:00',
    ]);
  });
});

describe('other tools of the family', () => {
  it('pidstat: per process, with and without -h', async () => {
    for (const name of ['pidstat.txt', 'pidstat-h.txt']) {
      const { table } = await read(`sysstat-12.6/${name}`);
      const rss = [...table.columns.values()].filter(({ metric }) => metric === 'pidstat.RSS');
      expect(rss.length).toBeGreaterThan(1);
      expect(rss.every(({ pid }) => pid !== null && table.processes.get(pid)?.[0]?.comm !== undefined)).toBe(
        true,
      );
    }
  });

  it('mpstat: as sar has it', async () => {
    const { table } = await read('sysstat-12.6/mpstat.txt');
    expect([...table.columns.keys()]).toContain('sar.cpu-load.all.iowait');
  });

  it.each(['iostat.txt', 'iostat-iso.txt'])('%s: without its report since boot', async (name) => {
    const { table } = await read(`sysstat-12.6/${name}`);
    expect(table.times.us.map((us) => new Date(us / 1000).toISOString().slice(0, 10))).toEqual([
      '2026-11-30',
      '2026-11-30',
    ]);
    expect(table.columns.get('sar.disk.vda.util-percent')?.length).toBe(2);
    expect([...table.leftOut.keys()].join()).toMatch(/since boot/);
  });

  it.each(['vmstat.txt', 'vmstat-w.txt'])('%s: rates over the time since the row before', async (name) => {
    const { table } = await read(`procps-4.0/${name}`);
    expect(table.columns.get('mem.free')?.length).toBe(3);
    expect(table.columns.get('vm.pgpgin')?.length).toBe(2);
  });

  it('iostat and vmstat: a log of several runs, of which each begins with what is since boot', async () => {
    const report = (time: string, busy: number): string =>
      `11/30/2026 ${time}\navg-cpu:  %user\n ${busy}.00\n\nDevice r/s\nvda ${busy}.00\n\n`;
    const run = (hour: number): string =>
      `Linux 6.1.0 (db3) \t11/30/2026 \t_x86_64_\t(2 CPU)\n\n${[0, 1, 2].map((minute) => report(`0${hour}:0${minute}:00 PM`, minute === 0 ? 99 : minute)).join('')}`;
    const iostat = await readText(run(1) + run(2), { zone: zoneOf('UTC') });
    expect(valuesOf(iostat, 'sar.disk.vda.r')).toEqual([1, 2, 1, 2]);
    const head =
      'procs -----------memory---------- -io- -----timestamp-----\n r  b   free bi                 UTC\n';
    const row = (minute: number, blocks: number): string =>
      ` 1  0 1000 ${blocks} 2026-11-30 12:${String(minute).padStart(2, '0')}:00\n`;
    const rows = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, index) => row(from + index, 1)).join('');
    // A page of 21 rows, three more, and another run.
    const vmstat = await readText(
      head + row(0, 9_999) + rows(1, 21) + head + rows(21, 24) + head + row(30, 9_999) + row(31, 1),
      {},
    );
    expect([...new Set(valuesOf(vmstat, 'vm.pgpgin'))]).toEqual([60]);
    expect(valuesOf(vmstat, 'vm.pgpgin')).toHaveLength(24);
    expect(valuesOf(vmstat, 'mem.free')).toHaveLength(26);
    expect([...vmstat.table.leftOut.entries()].join()).toMatch(/may be, since boot,2/);
  });

  it.each(['sar', 'iostat'])(
    '%s: a clock of 12 hours that does not say which half of the day it is',
    async (of) => {
      const head = 'Linux 5.10.0 (db3) \t11/29/26 \t_x86_64_\t(2 CPU)\n\n';
      const times = ['11:50:01', '12:50:01', '01:00:01', '02:00:01'];
      const sar = `12:00:01  CPU  %user\n${times.map((time) => `${time}  all  1.00\n`).join('')}`;
      const iostat = times.map((time) => `11/29/26 ${time}\navg-cpu:  %user\n 1.00\n\n`).join('');
      await expect(readText(head + (of === 'sar' ? sar : iostat))).rejects.toThrow(/go from 12 to 1/);
    },
  );

  it('iostat: an hour that was there twice goes by the order of its reports', async () => {
    const report = (date: string, time: string): string => `${date} ${time}\navg-cpu:  %user\n 1.00\n\n`;
    const text = ['02:40:00', '02:45:00', '02:50:00', '02:15:00', '02:45:00', '03:15:00']
      .map((time) => report('04/05/2026', time))
      .join('');
    const got = await readText(`Linux 6.1.0 (db3) \t04/05/2026 \t_x86_64_\t(2 CPU)\n\n${text}`, {
      zone: zoneOf('Pacific/Auckland'),
    });
    expect(instants(got)).toEqual([
      ...['04-04T13:45:00', '04-04T13:50:00', '04-04T14:15:00', '04-04T14:45:00', '04-04T15:15:00'],
    ]);
  });

  it('vmstat in a zone that is none is refused', async () => {
    const text = readFileSync(captured('procps-4.0/vmstat.txt'), 'utf8').replace('UTC', 'CST');
    await expect(readText(text)).rejects.toThrow(/"CST", which names no one zone/);
    expect(instants(await readText(text, { zone: zoneOf('+08:00') }))).toHaveLength(3);
  });
});
