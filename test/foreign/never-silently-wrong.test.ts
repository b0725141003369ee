/** What other tools write goes wrong in many ways: each is right, refused with its place, or a loss that is reported. */
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { createState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { recordingOf } from '../../src/foreign/foreign-recording.ts';
import { readLongCsv } from '../../src/foreign/long-csv.ts';
import { createMetricNames } from '../../src/foreign/names.ts';
import { readSadf } from '../../src/foreign/sysstat/sadf-json.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { summaryLines } from '../../src/report/summary/page.ts';
import { decodeHeader, decodeRecord } from '../../src/wire/recording.ts';
import { one } from '../helpers/points.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-kinds-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): string => {
  const path = join(folder, 'in');
  writeFileSync(path, text);
  return path;
};

type Reported = { readonly realMs: number; readonly host: Readonly<Record<string, number>> };

const openUp = (recording: ReturnType<typeof recordingOf>) => {
  const records: StreamRecord[] = [...recording.records];
  const { header } = recording;
  expect(decodeHeader(JSON.parse(JSON.stringify(header)))).toMatchObject({ kind: 'header', missing: null });
  for (const record of records)
    expect(decodeRecord(JSON.parse(JSON.stringify(record)))).toMatchObject({ kind: 'record' });
  const samples = records.flatMap((record): Reported[] =>
    record.type === 'sample' && record.bootUs > header.clock.bootUs
      ? [{ realMs: header.clock.realMs + (record.bootUs - header.clock.bootUs) / 1000, host: record.host }]
      : [],
  );
  const state = createState(header);
  for (const record of records) fold(state, record);
  const snapshot = takeSnapshot(state);
  return {
    header,
    records,
    samples,
    snapshot,
    notes: header.imported?.notes ?? [],
    losses: records.flatMap((record) =>
      record.type === 'loss' ? [`${record.kind} ${record.count}: ${record.detail}`] : [],
    ),
    summary: summaryLines(snapshot, 'x').join('\n'),
  };
};

const csv = async (rows: readonly string[], zone: string | null = null) => {
  const table = await readLongCsv(
    createReadStream(file(rows.join('\n'))),
    zone === null ? null : zoneOf(zone),
  );
  return 'why' in table ? table : openUp(recordingOf(table, { from: 'csv', host: {} }, '0.0.0'));
};

const read = async (rows: readonly string[], zone: string | null = null) => {
  const got = await csv(rows, zone);
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  return got;
};

const HEAD = 'time,metric,value';
const WHOLE = 'time,metric,value,pid,comm,kind';

describe('times of a CSV', () => {
  it.each([
    ['seconds', '1732892400', '1732892401'],
    ['milliseconds', '1732892400000', '1732892401000'],
    ['microseconds', '1732892400000000', '1732892401000000'],
    ['nanoseconds', '1732892400000000000', '1732892401000000000'],
  ])('in %s since 1970 are the same instants', async (unit, first, second) => {
    const got = await read([HEAD, `${first},a,1`, `${second},a,2`]);
    expect(got.samples.map(({ realMs }) => realMs)).toEqual([1_732_892_400_000, 1_732_892_401_000]);
    expect(got.notes.some((note) => note.includes(unit))).toBe(unit !== 'seconds');
  });

  it('less than a millisecond apart stay apart', async () => {
    const got = await read([HEAD, '1732892400000100,a,1', '1732892400000200,a,2', '1732892400000300,a,3']);
    expect(got.samples.map(({ host }) => host.a)).toEqual([1, 2, 3]);
  });

  it.each([
    ['in two units', ['1732892400,a,1', '1732892401000,a,2'], /line 3: .*of another kind/],
    ['of the year 5000', ['95617584000,a,1'], /line 2: .*neither a time/],
    ['of dates without marks', ['20261129,a,1'], /line 2: .*neither a time/],
    ['of dates and hours without marks', ['202611291200,a,1'], /line 2: .*neither a time/],
    ['on a day that is none', ['2026-02-30T10:00:00Z,a,1'], /line 2: .*neither a time/],
    ['by the hour of another calendar', ['Nov 21 2026 10:00,a,1'], /line 2: .*neither a time/],
    [
      'with and without a zone',
      ['2026-02-20T10:00:00Z,a,1', '2026-02-20T10:00:01,a,1'],
      /line 3: .*of another kind/,
    ],
  ])('%s are refused', async (_, rows, why) => {
    const got = await csv([HEAD, ...rows]);
    expect('why' in got ? `${got.where}: ${got.why}` : 'taken').toMatch(why);
  });

  describe.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'])('read in TZ=%s', (tz) => {
    const before = process.env.TZ;
    beforeEach(() => {
      process.env.TZ = tz;
    });
    afterEach(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });

    it('without a zone are UTC, and that is said', async () => {
      const got = await read([HEAD, '2026-03-29 02:30:00,a,1', '2026-03-29 02:30:01,a,2']);
      expect(got.samples[0]?.realMs).toBe(Date.UTC(2026, 2, 29, 2, 30));
      expect(got.notes.join()).toMatch(/no zone and were read as UTC/);
      expect(got.summary).toMatch(/no zone and were read as UTC/);
    });

    it('are in the zone asked for; an hour that was twice, or not at all, is refused', async () => {
      const got = await read([HEAD, '2026-07-01 12:00:00,a,1', '2026-07-01 12:00:01,a,2'], 'Europe/Berlin');
      expect(got.samples[0]?.realMs).toBe(Date.UTC(2026, 6, 1, 10));
      const twice = await csv([HEAD, '2026-10-25 02:30:00,a,1'], 'Europe/Berlin');
      expect(twice).toMatchObject({ where: 'line 2', why: expect.stringMatching(/was twice/) });
      const never = await csv([HEAD, '2026-03-29 02:30:00,a,1'], 'Europe/Berlin');
      expect(never).toMatchObject({ where: 'line 2', why: expect.stringMatching(/there is no/) });
    });

    it('of sadf that name no zone are the same instants everywhere', async () => {
      const got = await sadf([entry('01:50:00'), entry('02:00:00')], null);
      expect(got.samples.map(({ realMs }) => realMs)).toEqual([
        Date.UTC(2026, 9, 25, 1, 50),
        Date.UTC(2026, 9, 25, 2, 0),
      ]);
      expect(got.notes.join()).toMatch(/name no zone: read as UTC/);
    });
  });
});

describe('rows of a CSV', () => {
  it.each([
    [
      'decimal commas',
      [HEAD, '1,load.1,0,95'],
      /line 2: 4 cells where the header has 3.*decimals take a point/,
    ],
    [
      'quoted decimal commas',
      [HEAD, '1,load.1,"0,95"'],
      /line 2: "0,95" is not a number: decimals take a point/,
    ],
    ['a missing cell', [WHOLE, '1,a,5'], /line 2: 3 cells where the header has 6/],
    ['numbers of programmers', [HEAD, '1,a,0x10'], /line 2: "0x10" is not a number/],
    ['more than 64 bits', [HEAD, '1,a,1e308'], /line 2: .*more than any counter/],
    ['a negative count', [WHOLE, '1,a,-5,,,delta'], /line 2: a is counted, and cannot be -5/],
    ['quotes that do not close', [HEAD, '1,"a,5'], /line 2: its quotes do not close/],
    ['a column twice', ['time,metric,value,value', '1,a,5,6'], /line 1: its header names value twice/],
    ['two kinds', [WHOLE, '1,a,5,,,delta', '2,a,5,,,gauge'], /line 3: a is a delta above/],
    [
      'with a PID and without',
      [WHOLE, '1,a,5,7,x,delta', '2,a,5,,,delta'],
      /line 3: a stands with a PID and/,
    ],
    [
      'one series twice',
      [HEAD, '1,disk.util,10', '1,disk.util,99'],
      /line 3: disk.util has two values at one time: 10 \(line 2\) and 99/,
    ],
    [
      'one delta twice',
      [WHOLE, '1,a,5,7,x,delta', '1,a,5,7,x,delta'],
      /line 3: a of PID 7 has two values at one time/,
    ],
    [
      'two owners of a PID',
      [WHOLE, '1,a,5,7,x,delta', '1,b,5,7,y,delta'],
      /line 3: PID 7 is x and y at the same time/,
    ],
  ])('with %s are refused with their line', async (_, rows, why) => {
    const got = await csv(rows);
    expect('why' in got ? `${got.where}: ${got.why}` : 'taken').toMatch(why);
  });

  it('that stand twice with one value are taken once, and that is a loss', async () => {
    const got = await read([HEAD, '1,a,10', '2,a,11', '1,a,10', '2,a,11', '3,a,12']);
    expect(got.samples.map(({ host }) => host.a)).toEqual([10, 11, 12]);
    expect(got.losses).toEqual([expect.stringMatching(/^not-imported 2: rows that stood twice/)]);
    expect(got.summary).toMatch(/What is missing: not imported: 2/);
  });

  it('out of order are sorted, and counts stay with those who had the PID then', async () => {
    const rows = [3, 4, 5].map((at) => `${at},reads,500,42,postgres,delta`);
    const earlier = [1, 2].map((at) => `${at},reads,7,42,bash,delta`);
    const got = await read([WHOLE, ...rows, ...earlier]);
    expect(got.snapshot.rows.map(({ comm, metrics }) => [comm, metrics.reads?.total]).sort()).toEqual([
      ['bash', 14],
      ['postgres', 1500],
    ]);
    expect(got.notes.join()).toMatch(/1 rows stood before their time/);
  });

  it('of a total count from the first reading; one that falls was reset', async () => {
    const got = await read([
      WHOLE,
      '1,calls,1000,7,x,total',
      '2,calls,1010,7,x,total',
      '3,calls,4,7,x,total',
    ]);
    expect(got.snapshot.rows[0]?.metrics.calls?.total).toBe(14);
  });

  it('with names of any length and any letters stay as many series', async () => {
    const long = `mount./${'x'.repeat(200)}`;
    const got = await read([
      HEAD,
      ...[`${long}.used`, `${long}.free`, 'a/b', 'a_b', 'a b', 'ä'].map((name, at) => `1,${name},${at}`),
    ]);
    expect(got.header.metrics).toHaveLength(6);
    expect(Object.values(got.samples[0]?.host ?? {}).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(got.header.metrics[0]?.help).toContain(`${long}.used`);
  });

  it('of more metrics than a recording holds are a loss', async () => {
    const got = await read([HEAD, ...Array.from({ length: 5_000 }, (_, at) => `1,m${at},${at}`)]);
    expect(got.header.metrics).toHaveLength(4_096);
    expect(got.losses).toEqual(['not-imported 904: a recording holds 4096 metrics']);
  });

  it('are never called exact', async () => {
    const got = await read([WHOLE, '1,a,5,7,x,delta', '2,a,5,7,x,delta']);
    expect(got.snapshot.coverage.a?.coverage).toBe('sampled');
    expect(got.summary).not.toMatch(/exact/);
    expect(got.summary).toMatch(/Imported from csv: as reported, every 1s; nothing shorter can be seen/);
  });
});

it('metric names become one id each, and the same one again', () => {
  const names = createMetricNames();
  const ids = ['a/b', 'a_b', 'a/b', `${'n'.repeat(130)}1`, `${'n'.repeat(130)}2`].map((name) =>
    names.idOf(name),
  );
  expect(ids[0]).toBe('a_b');
  expect(ids[2]).toBe('a_b');
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((id) => (id?.length ?? 0) <= 120)).toBe(true);
});

type Entry = Readonly<Record<string, unknown>>;

const entry = (time: string, more: Entry = {}, stamp: Entry = {}): Entry => ({
  timestamp: { date: '2026-10-25', time, interval: 600, ...stamp },
  paging: { pgpgin: 2, majflt: 1 },
  // A level: a time without its rates is still a sample.
  memory: { memused: 1 },
  ...more,
});

const sadfOf = (entries: readonly Entry[], zone: string | null) =>
  readSadf(one(JSON.stringify({ sysstat: { hosts: [{ nodename: 'web-1', statistics: entries }] } })), {
    zone: zone === null ? null : zoneOf(zone),
  });

const sadf = async (entries: readonly Entry[], zone: string | null) => {
  const got = await sadfOf(entries, zone);
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  return openUp(recordingOf(got.table, { from: 'sadf', host: got.host }, '0.0.0'));
};

/** Ten minutes apart, from 01:00 summer time on, as a wall clock shows them. */
const FALL = ['01:00', '01:10', '01:50', '02:00', '02:50', '02:00', '02:10', '02:50', '03:00'];
const inUtc = (minutes: readonly number[]): number[] =>
  minutes.map((minute) => Date.UTC(2026, 9, 24, 23) + minute * 60_000);
const FALL_UTC = inUtc([0, 10, 50, 60, 110, 120, 130, 170, 180]);
const fallEntries = (stamp: Entry): Entry[] =>
  FALL.map((time, index) =>
    entry(
      `${time}:00`,
      {},
      { ...stamp, interval: ((FALL_UTC[index] ?? 0) - (FALL_UTC[index - 1] ?? 0)) / 1000 || 600 },
    ),
  ).map((one, index) => (index === 0 ? entry('01:00:00', {}, stamp) : one));

describe('sadf', () => {
  it('keeps every entry over the end of summer time, in the zone asked for', async () => {
    const got = await sadf(fallEntries({}), 'Europe/Berlin');
    expect(got.samples.map(({ realMs }) => realMs)).toEqual(FALL_UTC);
    expect(got.losses).toEqual([]);
  });

  it('keeps them too where no zone is reported: their intervals say how much time went by', async () => {
    const got = await sadf(fallEntries({}), null);
    expect(got.samples.map(({ realMs }) => realMs)).toEqual(FALL_UTC.map((ms) => ms + 2 * 3_600_000));
    expect(got.notes.join()).toMatch(/daylight saving/);
  });

  it('keeps the distance over the beginning of summer time', async () => {
    const stamps = [
      ['2026-03-29', '01:40:00'],
      ['2026-03-29', '01:50:00'],
      ['2026-03-29', '03:00:00'],
      ['2026-03-29', '03:10:00'],
    ];
    const entries = stamps.map(([date, time]) => entry(time ?? '', {}, { date }));
    for (const zone of [null, 'Europe/Berlin']) {
      const times = (await sadf(entries, zone)).samples.map(({ realMs }) => realMs);
      expect(times.slice(1).map((ms, index) => ms - (times[index] ?? 0))).toEqual([
        600_000, 600_000, 600_000,
      ]);
    }
  });

  it.each([
    [{ utc: 1 }, null, Date.UTC(2026, 9, 25, 1)],
    [{ tz: 'UTC' }, null, Date.UTC(2026, 9, 25, 1)],
    [{ tz: '+03' }, null, Date.UTC(2026, 9, 24, 22)],
    [{ tz: '-0330' }, 'Europe/Berlin', Date.UTC(2026, 9, 25, 4, 30)],
    [{ tz: 'CEST' }, 'Europe/Berlin', Date.UTC(2026, 9, 24, 23)],
    [{ utc: 0 }, '+02:00', Date.UTC(2026, 9, 24, 23)],
  ])('reads the zone %j, asked for %s', async (stamp, zone, realMs) => {
    expect((await sadf([entry('01:00:00', {}, stamp)], zone)).samples[0]?.realMs).toBe(realMs);
  });

  it('refuses an abbreviation that names no one zone', async () => {
    const got = await sadfOf([entry('01:00:00', {}, { tz: 'CST' })], null);
    expect(got).toMatchObject({ where: 'entry 1', why: expect.stringMatching(/"CST".*--timezone/) });
  });

  it('reports what it leaves out after a clock was set back, and mixes no two times', async () => {
    const times = ['05:00', '05:10', '04:25', '04:35', '05:15', '05:25'];
    const got = await sadf(
      times.map((time) => entry(`${time}:00`, {}, { utc: 1 })),
      null,
    );
    expect(got.samples.map(({ realMs }) => new Date(realMs).toISOString().slice(11, 16))).toEqual([
      '05:00',
      '05:10',
      '05:15',
      '05:25',
    ]);
    expect(got.losses).toContain(
      'not-imported 2: entries from after the clock was set back, up to the time it had reached',
    );
    // Of the ten minutes before 05:15 nobody knows which five they were.
    expect(got.losses.join()).toMatch(/1: entries whose interval cannot be/);
    expect(got.snapshot.host['vm.pgpgin']?.total).toBe(3 * 1200);
  });

  it.each([9.2e17, 1.8446744073709552e17, 0, -1, 1200])(
    'takes no rate over an interval of %d s',
    async (interval) => {
      const got = await sadf(
        [
          entry('05:00:00', {}, { utc: 1 }),
          entry('05:10:00', { memory: { memfree: 5 } }, { utc: 1, interval }),
        ],
        null,
      );
      expect(got.snapshot.host['vm.pgpgin']?.total).toBe(1200);
      expect(got.snapshot.host['mem.free']?.total).toBe(5);
      expect(got.losses).toEqual(['not-imported 1: entries whose interval cannot be, without their rates']);
    },
  );

  it('keeps the fields of a long mount, of a row with two names, and of two rows with one', async () => {
    const filesystem = `/var/lib/kubelet/pods/${'0b1c2d3e-4f50'.repeat(9)}/mount`;
    const filesystems = [
      { filesystem, MBfsfree: 1, MBfsused: 2, Ifree: 3 },
      { filesystem: '/', MBfsfree: 4 },
      { filesystem: '/', MBfsfree: 5 },
    ];
    const interrupts = [
      { intr: '1', cpu: '0', value: 6 },
      { intr: '1', cpu: '1', value: 7 },
    ];
    const got = await sadf([entry('05:00:00', { filesystems, interrupts }, { utc: 1 })], null);
    const values = Object.entries(got.samples[0]?.host ?? {}).filter(([id]) =>
      /^sar\.(files|inter)/.test(id),
    );
    expect(values.map(([, value]) => value)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('reports of hosts it did not take', async () => {
    const hosts = ['a', 'b'].map((nodename) => ({
      nodename,
      statistics: [entry('05:00:00', {}, { utc: 1 })],
    }));
    const got = await readSadf(one(JSON.stringify({ sysstat: { hosts } })), { zone: null });
    if ('why' in got) throw new Error(got.why);
    expect([...got.table.leftOut]).toEqual([[expect.stringMatching(/one host at a time/), 1]]);
  });
});
