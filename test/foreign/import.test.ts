/** What other tools have written, as recordings that can be analysed. */
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { createState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { recordingOf } from '../../src/foreign/foreign-recording.ts';
import { readLongCsv } from '../../src/foreign/long-csv.ts';
import { readSadf } from '../../src/foreign/sysstat/sadf-json.ts';
import type { Zone } from '../../src/foreign/zone.ts';
import { decodeHeader, decodeRecord } from '../../src/wire/recording.ts';
import { runHere } from '../helpers/command.ts';
import { one } from '../helpers/points.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const read = async (text: string, zone: Zone | null = null) => {
  const table = await readLongCsv(createReadStream(file('in.csv', text)), zone);
  if ('why' in table) return table;
  const { header, records } = recordingOf(table, { from: 'csv', host: {} }, '0.0.0');
  return { header, records: [...records] };
};

const samplesOf = (records: readonly StreamRecord[]) =>
  records.flatMap((record) => (record.type === 'sample' ? [record] : []));

describe('a long CSV', () => {
  it('becomes counters, gauges and processes', async () => {
    const got = await read(
      [
        'time,metric,value,pid,comm,kind',
        '1700000000,db.calls,5,42,postgres,delta',
        '1700000001,db.calls,7,42,postgres,delta',
        '1700000001,disk.reads,900,,,total',
        '1700000002,disk.reads,950,,,total',
        '1700000002,cpu.level,0.25,,,',
        '',
      ].join('\n'),
    );
    if ('why' in got) throw new Error(got.why);
    expect(got.header.metrics.map(({ id, scope, kind }) => `${id} ${scope} ${kind}`)).toEqual([
      'db.calls pid counter',
      'disk.reads host counter',
      'cpu.level host gauge',
    ]);
    const state = createState(got.header);
    for (const record of got.records) fold(state, record);
    const snapshot = takeSnapshot(state);
    expect(snapshot.rows).toMatchObject([
      { pid: 42, comm: 'postgres', metrics: { 'db.calls': { total: 12 } } },
    ]);
    expect(snapshot.host['disk.reads']).toEqual({ total: 50, delta: 50 });
    expect(snapshot.host['cpu.level']).toEqual({ total: 0.25, delta: 0.25 });
    expect(snapshot.realMs).toBe(1_700_000_002_000);
    expect(snapshot.ended?.reason).toBe('imported');
  });

  it('is written as the schema of recordings has it', async () => {
    const got = await read(
      'time,metric,value,pid,comm,kind\n1700000000,9 odd/name,5,1,"a,""b""",delta\n1700000001.5,x,1e6,2,c,gauge\n1700000009,x,2,2,d,gauge\n',
    );
    if ('why' in got) throw new Error(got.why);
    expect(decodeHeader(JSON.parse(JSON.stringify(got.header))).kind).toBe('header');
    expect(got.header.metrics[0]?.id).toBe('m.9_odd_name');
    for (const record of got.records)
      expect(decodeRecord(JSON.parse(JSON.stringify(record))).kind).toBe('record');
    expect(got.records.flatMap((record) => (record.type === 'process' ? [record.comm] : []))).toEqual([
      'a,"b"',
      'c',
      'd',
    ]);
  });

  it('of deltas alone has zeros where it has no rows; beside gauges those are samples that were missed', async () => {
    const rows = (extra: string): string =>
      `time,metric,value,pid,kind\n100,a,1,7,delta\n101,a,1,7,delta\n102,a,1,7,delta\n110,a,4,7,delta\n${extra}`;
    const deltas = await read(rows(''));
    const mixed = await read(rows('100,g,1,,gauge\n'));
    if ('why' in deltas || 'why' in mixed) throw new Error('unreadable');
    expect(samplesOf(deltas.records)).toHaveLength(11);
    expect(deltas.records.some(({ type }) => type === 'gap')).toBe(false);
    expect(samplesOf(mixed.records)).toHaveLength(4);
    expect(mixed.records.filter(({ type }) => type === 'gap')).toHaveLength(1);
  });

  it('takes rows in any order, ISO times, and the columns by name', async () => {
    const got = await read(
      'value,time,metric\n3,2026-11-21T14:00:02Z,a\n1,2026-11-21T14:00:00Z,a\n2,2026-11-21T14:00:01Z,a\n',
    );
    if ('why' in got) throw new Error(got.why);
    expect(samplesOf(got.records).map(({ host }) => host.a)).toEqual([1, 2, 3]);
    expect(got.header.intervalMs).toBe(1000);
    expect(got.header.clock.realMs).toBe(Date.UTC(2026, 10, 21, 13, 59, 59));
  });

  it.each([
    ['time,value\n1,2\n', 1, 'its header lacks metric'],
    ['time,metric,value\nnoon,a,1\n', 2, '"noon" is neither a time since 1970 nor an ISO time'],
    ['time,metric,value\n1,a,\n', 2, '"" is not a number'],
    ['time,metric,value,kind\n1,a,1,rate\n', 2, '"rate" is not a kind: delta, total, gauge or max'],
    ['time,metric,value,pid\n1,a,1,x\n', 2, '"x" is not a PID'],
    ['time,metric,value\n', 1, 'it has no rows'],
  ])('that cannot be read is refused with its line: %j', async (text, line, why) => {
    expect(await read(text)).toEqual({ where: `line ${line}`, why });
  });
});

describe('sadf -j', () => {
  const path = 'test/fixtures/captured/sysstat-12.6/sadf.json';

  it('becomes our host metrics where we have them, and gauges by their place', async () => {
    const got = await readSadf(createReadStream(path, { highWaterMark: 37 }), { zone: null });
    if ('why' in got) throw new Error(got.why);
    const { header, records } = recordingOf(got.table, { from: 'sadf', host: got.host }, '0.0.0');
    const ids = new Map(header.metrics.map(({ id, kind }) => [id, kind]));
    expect(ids.get('vm.pgmajfault')).toBe('counter');
    expect(ids.get('mem.free')).toBe('gauge');
    expect(ids.get('sar.cpu-load.all.iowait')).toBe('gauge');
    expect(ids.get('sar.disk.vda.util-percent')).toBe('gauge');
    expect([...ids.keys()].filter((id) => id.includes('ldavg'))).toEqual([]);
    expect(header.host).toMatchObject({ cpus: 2, arch: 'x86_64' });
    const truth = JSON.parse(readFileSync(path, 'utf8')).sysstat.hosts[0].statistics;
    const [zero, ...samples] = samplesOf([...records]);
    expect(zero?.bootUs).toBe(header.clock.bootUs);
    expect(samples).toHaveLength(truth.length);
    expect(samples.map(({ host }) => host['mem.free'])).toEqual(
      truth.map((one: { memory: { memfree: number } }) => one.memory.memfree),
    );
  });

  it.each([
    ['{', /^it is not JSON/],
    ['{"sysstat":{}}', /no sysstat\.hosts/],
    ['null', /no sysstat\.hosts/],
  ])('that cannot be read is refused: %s', async (text, why) => {
    expect(await readSadf(one(text), { zone: null })).toMatchObject({
      where: 'line 1',
      why: expect.stringMatching(why),
    });
  });
});

describe('import, then analyze', () => {
  it('finds who leads a symptom, and by how much, in what another tool has measured', async () => {
    const rows = ['time,metric,value,pid,comm,kind'];
    const add = (at: number, metric: string, value: number, pid: number): void => {
      rows.push(`${1_700_000_000 + at},${metric},${value},${pid},p${pid},delta`);
    };
    for (let at = 0; at < 2400; at += 1) add(at, 'tick', 100 + (at % 7), 1);
    for (const at of [400, 760, 1033, 1405, 1777, 2100]) {
      add(at, 'reads', 9000, 7);
      add(at + 10, 'faults', 400, 8);
    }
    for (const at of [350, 655, 890, 1250, 1600, 1999, 2250]) add(at, 'noise', 5000, 9);
    const csv = file('long.csv', `${rows.join('\n')}\n`);
    const out = join(folder, 'long.ndjson');
    await runHere('import', csv, '-o', out);
    const { stdout } = await runHere('analyze', out, '--json', '--symptom', 'faults:8');
    const analysis = JSON.parse(stdout);
    expect(analysis).toMatchObject({ format: 'stallscope-analysis', version: 1 });
    expect(analysis.suspects[0]).toMatchObject({
      metric: 'reads',
      pid: 7,
      comm: 'p7',
      lagMs: 10_000,
      support: { seen: 6, of: 6 },
    });
    expect(analysis.links[0]).toMatchObject({
      leader: { metric: 'reads', pid: 7 },
      follower: { metric: 'faults', pid: 8 },
      direction: 'leader-first',
      lagMs: 10_000,
      significant: true,
    });
    expect(
      analysis.spikes.filter((spike: { series: { metric: string } }) => spike.series.metric === 'reads'),
    ).toHaveLength(6);
    expect(analysis.spikes[0]).toMatchObject({
      start: new Date(1_700_000_400_000).toISOString(),
      peak: 9000,
    });
    const { stdout: text } = await runHere('analyze', out, '--symptom', 'faults:8');
    expect(text).toContain('reads of p7 (7): 10s before, 6 of 6 times');
    expect(text).not.toMatch(/cause/i);
  }, 60_000);

  const bad = file('bad.csv', 'time,metric,value\n1,a,x\n');
  it.each<[string, string[], RegExp]>([
    ['a file that is not there', ['import', '/nonexistent.csv', '-o', 'x'], /Cannot import .*no such file/],
    ['a line that cannot be read', ['import', bad, '-o', 'x'], /line 2: "x" is not a number/],
    ['an unknown format', ['import', bad, '-o', 'x', '--format', 'xls'], /no format "xls": csv, sadf/],
    ['no output', ['import', bad], /import needs a file to write to/],
  ])('%s is refused', async (_, args, why) => {
    const { exitCode, stderr } = await runHere(...args);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(why);
  });
});
