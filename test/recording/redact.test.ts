/** What was redacted is nowhere in the copy. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { appendMark } from '../../src/recording/read/marks.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createRedactor } from '../../src/recording/redact.ts';
import { runHere } from '../helpers/command.ts';
import { examples } from '../helpers/examples.ts';
import { recordAll } from '../helpers/long-session.ts';
import { readAll } from '../helpers/recorded.ts';
import { headerOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

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
    const redactor = createRedactor();
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
