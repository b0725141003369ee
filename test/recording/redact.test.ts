/** What was redacted is nowhere in the copy. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { shippedNames } from '../../src/cli/shipped.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import { appendMark } from '../../src/recording/read/marks.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRedactor } from '../../src/recording/redact.ts';
import { decodeRecord } from '../../src/wire/recording.ts';
import { runHere } from '../helpers/command.ts';
import { examples } from '../helpers/examples.ts';
import { recordAll } from '../helpers/long-session.ts';
import { readAll } from '../helpers/recorded.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'redact-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const SECRETS = [
  'zentrale-db-17',
  'abrechnung',
  '/home/mueller/kunden/abrechnung',
  '--passwort=geheim',
  '/system.slice/kunden.service',
  'kunden',
  'mueller',
  'geheim',
  'Neustart bei Firma Meier',
  'Meier',
  '31337',
];

const header = headerOf({
  host: { ...headerOf().host, hostname: 'zentrale-db-17' },
  selection: { pids: [], comm: 'abrech*', command: ['/home/mueller/kunden/abrechnung', '--passwort=geheim'] },
  probes: [
    { id: 'iomap', variant: null, state: 'refused', reason: 'no such file: /home/mueller/kunden/abrechnung' },
  ],
});
const who = {
  pid: 7,
  startMs: 70,
  comm: 'abrechnung',
  ppid: 1,
  uid: 31_337,
  cmdline: '/home/mueller/kunden/abrechnung --passwort=geheim',
  cgroup: '/system.slice/kunden.service',
  cgroups: ['/kunden'],
  uncovered: { 'iomap.iter': 'cannot read /home/mueller/kunden/abrechnung' },
};
const records = (samples: number): StreamRecord[] =>
  Array.from({ length: samples }, (_, seq): StreamRecord[] => {
    const bootUs = START_US + seq * 1_000_000;
    return [
      ...(seq === 0 ? [{ type: 'process' as const, bootUs, ...who }] : []),
      { type: 'process', bootUs, pid: 45, startMs: 10, comm: 'kswapd0', ppid: 2, uid: 0 },
      {
        type: 'cgroup',
        bootUs,
        id: 1,
        path: '/system.slice',
        cpuLimit: '/sys/fs/cgroup/system.slice/cpu.max',
      },
      {
        type: 'cgroup',
        bootUs,
        id: 2,
        path: '/system.slice/kunden.service',
        memoryLimit: '/sys/fs/cgroup/system.slice/kunden.service/memory.max',
      },
      { type: 'exit', bootUs, pid: 8, startMs: 80, comm: 'abrechnung' },
      { type: 'loss', bootUs, kind: 'unread-exit', count: 1, detail: 'pid 7 abrechnung' },
      { type: 'mark', bootUs, text: 'Neustart bei Firma Meier' },
      sampleOf(seq, {
        'iomap.iter': [
          [7, seq * 3],
          [45, seq],
        ],
      }),
    ];
  }).flat();
const gap: StreamRecord = {
  type: 'gap',
  bootUs: START_US + 1,
  fromBootUs: START_US,
  reason: 'bpftrace: cannot open /home/mueller/kunden/abrechnung',
};

const redacted = async (file: string): Promise<string> => {
  const { exitCode, stderr } = await runHere('redact', file, '-o', `${file}.out`, '--force');
  expect(exitCode, stderr).toBe(0);
  const bytes = readFileSync(`${file}.out`);
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
};

describe('a redacted recording', () => {
  it('holds none of the originals, in no line, and the same numbers', async () => {
    const file = path('secret.ndjson');
    await recordAll({ path: file }, [gap, ...records(120)], { header });
    appendMark(file, { bootUs: START_US + 5_000_000, text: 'von mueller' });
    const before = readFileSync(file, 'utf8');
    for (const secret of SECRETS) expect(before.includes(secret), secret).toBe(true);
    const after = await redacted(file);
    expect(after.includes('"type":"checkpoint"')).toBe(true);
    for (const secret of SECRETS) expect(after.includes(secret), secret).toBe(false);
    const [a, b] = [readAll(file), readAll(`${file}.out`)].map(({ records: read }) => snapshotAfter(read));
    expect(b?.totals).toEqual(a?.totals);
    expect(b?.rows.map(({ pid, metrics }) => ({ pid, metrics }))).toEqual(
      a?.rows.map(({ pid, metrics }) => ({ pid, metrics })),
    );
    expect(after.includes('"comm":"kswapd0"')).toBe(true);
    expect(b?.marks).toHaveLength(121);
  });

  it.each(examples)('of a real session: %s', async (example) => {
    const recording = openRecording(example);
    const originals = new Set<string>([recording.header.host.hostname]);
    for (const record of readAll(example).records) {
      if (record.type !== 'process' && record.type !== 'exit') continue;
      if (record.type === 'process' && record.ppid === 2) continue;
      originals.add(record.comm);
      if (record.type === 'exit') continue;
      for (const word of (record.cmdline ?? '').split(/\s+/)) originals.add(word);
      if ((record.cgroup ?? '/') !== '/') originals.add(record.cgroup ?? '');
    }
    recording.close();
    const kernel = new Set(
      readAll(example).records.flatMap((record) =>
        record.type === 'process' && record.ppid === 2 ? [record.comm] : [],
      ),
    );
    writeFileSync(path('real.ndjson.gz'), readFileSync(example));
    const text = await redacted(path('real.ndjson.gz'));
    const names = [...originals].filter((name) => name !== '' && !kernel.has(name));
    expect(names.length).toBeGreaterThan(3);
    const { host: _host, ...rest } = recording.header;
    const own = JSON.stringify(rest);
    for (const name of names) {
      const value = JSON.stringify(name);
      for (const field of ['comm', 'cmdline', 'cgroup', 'hostname'])
        expect(text.includes(`"${field}":${value}`), `${field} ${name}`).toBe(false);
      // Numbers, and words that the tool itself uses ("node 0"), stand elsewhere too.
      if (/[a-z]{3}/i.test(name) && !own.includes(name))
        expect(text.includes(value.slice(1, -1)), name).toBe(false);
    }
  });
});

describe('a redactor', () => {
  it('gives the same thing the same name, and other things others', () => {
    const redactor = createRedactor(shippedNames());
    const one = (comm: string, uid: number) => {
      const record = redactor.record({ ...who, type: 'process', bootUs: 1, comm, uid });
      return record.type === 'process' ? [record.comm, record.uid, record.cmdline] : [];
    };
    const [a, b, c] = [one('alpha', 500), one('beta', 501), one('alpha', 500)];
    expect(c).toEqual(a);
    expect(b?.[0]).not.toBe(a?.[0]);
    expect(b?.[1]).not.toBe(a?.[1]);
    expect(b?.[2]).toBe(a?.[2]);
    expect(one('alpha', 0)[1]).toBe(0);
  });
});

describe('what comes from outside and is not listed', () => {
  const redactor = () => createRedactor(shippedNames());
  const SECRET = 'geheimwort';

  it.each([
    '/proc/4711/root/geheimwort/db',
    '/sys/fs/cgroup/geheimwort/cpu.max',
    'geheimwort/relative/path',
    'cannot read /srv/Firma Geheim/geheimwort: EACCES',
    'pid 7 geheimwort',
  ])('a text with %s is replaced', (reason) => {
    const one = redactor();
    const texts: StreamRecord[] = [
      { type: 'gap', bootUs: 2, fromBootUs: 1, reason },
      { type: 'loss', bootUs: 2, kind: 'unread-exit', count: 1, detail: reason },
      { type: 'trailer', bootUs: 2, reason, samples: 1, records: 1 },
      { type: 'cgroup', bootUs: 2, id: 1, path: reason, cpuLimit: reason, memoryLimit: `${reason}/cpu.max` },
    ];
    for (const record of texts) expect(JSON.stringify(one.record(record))).not.toMatch(/geheim/i);
  });

  it('of the tool itself, and of the kernel, is kept', () => {
    const one = redactor();
    const kept: StreamRecord[] = [
      { type: 'gap', bootUs: 2, fromBootUs: 1, reason: 'bpftrace gave no last counts' },
      { type: 'trailer', bootUs: 2, reason: 'SIGINT', samples: 1, records: 1 },
      { type: 'loss', bootUs: 2, kind: 'unread-exit', count: 1, detail: 'pid 4711' },
      { type: 'exit', bootUs: 2, pid: 45, startMs: 10, comm: 'kswapd0' },
      sampleOf(0, { 'iomap.iter': [[7, 1]] }, { host: { 'disk.nvme0n1.reads': 1, 'mem.free': 3 } }),
    ];
    for (const record of kept) expect(one.record(record)).toEqual(record);
    expect(one.header(header).host).toMatchObject({ kernel: '6.18.0', arch: 'x86_64', hostname: 'host-1' });
  });

  it('names metrics of imports, own counters, volumes and workers of the kernel', () => {
    const one = redactor();
    const ids = [`nfs.${SECRET}.reads`, `count.${SECRET}`, `disk.vg-${SECRET}.reads`, `net.${SECRET}0.rx`];
    const redactedHeader = one.header({
      ...header,
      host: { ...header.host, kernel: `6.1.0-${SECRET}`, filesystems: ['xfs', SECRET] },
      imported: { from: SECRET, notes: [SECRET] },
      metrics: ids.map((id) => ({
        ...metricOf(id),
        label: SECRET,
        help: `uprobe:/opt/${SECRET}:f`,
        dims: [SECRET],
      })),
    });
    expect(JSON.stringify(redactedHeader)).not.toContain(SECRET);
    const sample = one.record(sampleOf(0, Object.fromEntries(ids.map((id) => [id, [[7, 5]]]))));
    expect(JSON.stringify(sample)).not.toContain(SECRET);
    const named = redactedHeader.metrics.map(({ id }) => id);
    expect(sample.type === 'sample' && Object.keys(sample.counters)).toEqual(named);
    expect(new Set(named).size).toBe(ids.length);
    const worker = one.record({ type: 'exit', bootUs: 1, pid: 9, startMs: 1, comm: `kworker/0:1-${SECRET}` });
    expect(worker).toMatchObject({ comm: 'kworker/0:1' });
  });

  it('is secret in every field of text that the schema has', () => {
    const free = fc
      .string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
      .map((word) => `${SECRET}${word}`);
    const anywhere = fc.record({
      type: fc.constant('process' as const),
      bootUs: fc.nat(),
      pid: fc.nat(),
      startMs: fc.nat(),
      comm: free,
      cmdline: free,
      cgroup: free,
      cgroups: fc.array(free, { maxLength: 3 }),
      formerly: fc.array(free, { maxLength: 3 }),
      shared: free,
      uncovered: fc.dictionary(fc.constantFrom(`a.${SECRET}`, 'iomap.iter'), free),
    });
    const others = fc.oneof(
      free.map(
        (id): StreamRecord => ({
          type: 'probe',
          bootUs: 1,
          id,
          variant: id,
          state: 'refused',
          reason: id,
          uncounted: [`x.${SECRET}`],
          estimated: { [`y.${SECRET}`]: id },
        }),
      ),
      free.map((text): StreamRecord => ({ type: 'mark', bootUs: 1, text })),
      free.map(
        (detail): StreamRecord => ({
          type: 'loss',
          bootUs: 1,
          kind: 'damaged',
          count: 1,
          detail,
          metric: `z.${SECRET}`,
        }),
      ),
      free.map(
        (path): StreamRecord => ({
          type: 'cgroup',
          bootUs: 1,
          id: 1,
          path,
          cpuLimit: path,
          uncovered: { [`c.${SECRET}`]: path },
        }),
      ),
    );
    const one = redactor();
    fc.assert(
      fc.property(fc.oneof(anywhere, others), (record) => {
        const after = one.record(record);
        expect(JSON.stringify(after)).not.toContain(SECRET);
        expect(decodeRecord(after).kind).toBe('record');
      }),
      { seed: 16 },
    );
  });
});
