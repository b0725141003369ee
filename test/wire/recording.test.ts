import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import type { LossKind, StreamRecord } from '../../src/core/record.ts';
import { createState } from '../../src/core/state.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { decodeHeader, decodeRecord, recordSchema } from '../../src/wire/recording.ts';
import { play, steps } from '../helpers/kernel-model.ts';
import { headerOf, metricOf, plain, sampleOf } from '../helpers/stream.ts';

const reread = (value: object): unknown => JSON.parse(JSON.stringify(value));

const EVERY_TYPE: readonly StreamRecord[] = [
  sampleOf(
    3,
    { 'iomap.iter': [[7, 5]], 'iomap.by_order': [[7, 2, -1, 5]] },
    { full: true, host: { 'mem.free': -1.5 } },
  ),
  {
    type: 'process',
    bootUs: 5,
    pid: 7,
    startMs: 10,
    comm: 'a"b\nc\u{1F600}',
    ppid: 1,
    uid: 0,
    cmdline: 'x y',
    cgroup: '/user.slice',
  },
  { type: 'process', bootUs: 5, pid: 7, startMs: null, comm: '' },
  { type: 'exit', bootUs: 5, pid: 7, startMs: null, comm: 'gone' },
  { type: 'forget', bootUs: 5, pid: 7 },
  { type: 'gap', bootUs: 9, fromBootUs: 5, reason: 'crash' },
  { type: 'loss', bootUs: 5, kind: 'map-full', count: 1, metric: 'iomap.iter', detail: '64 of 64 keys' },
  { type: 'probe', bootUs: 5, id: 'iomap', variant: null, state: 'refused', reason: 'no tracepoint' },
  { type: 'cgroup', bootUs: 5, id: 1, path: '/a', cpuLimit: '/sys/fs/cgroup/a/cpu.max', ended: true },
  { type: 'files', bootUs: 5, pid: 7, startMs: 10, files: [{ path: '/vm/a', sizeBytes: 9, extents: 3 }] },
  { type: 'mark', bootUs: 5, text: 'deploy' },
  { type: 'trailer', bootUs: 5, reason: 'SIGINT', samples: 1, records: 9 },
];

describe('what is written is what is read', () => {
  it('every type of record', () => {
    expect(new Set(EVERY_TYPE.map(({ type }) => type))).toEqual(
      new Set(recordSchema.options.map((option) => option.shape.type.value)),
    );
    for (const record of EVERY_TYPE) {
      expect(decodeRecord(reread(record))).toEqual({ kind: 'record', record });
    }
  });

  it('every kind of loss', () => {
    // The type makes this list complete.
    const kinds: Readonly<Record<LossKind, true>> = {
      'lost-events': true,
      'map-full': true,
      'rejected-line': true,
      'unknown-message': true,
      'helper-error': true,
      imprecise: true,
      'unnamed-process': true,
      'unread-exit': true,
      'shared-steps': true,
      'over-steps': true,
      'least-steps': true,
      'unseen-program': true,
      'missed-runs': true,
      'shared-pid': true,
      'foreign-pids': true,
      'recorder-dropped': true,
      'over-limit': true,
      'not-imported': true,
      damaged: true,
    };
    for (const kind of Object.keys(kinds)) {
      expect(decodeRecord({ type: 'loss', bootUs: 1, kind, count: 1 }).kind).toBe('record');
    }
  });

  it('the header', () => {
    const header = headerOf({ selection: { pids: [7], comm: 'qemu*', command: ['make', '-j8'] } });
    expect(decodeHeader(reread(header))).toEqual({ kind: 'header', header, missing: null });
  });

  it('any session', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { records } = play(script);
        const decoded = records.map((record) => decodeRecord(reread(record)));
        expect(decoded).toEqual(records.map((record) => ({ kind: 'record', record })));
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a later version may write', () => {
  it('a field we do not know is left out', () => {
    expect(decodeRecord({ type: 'mark', bootUs: 5, text: 'x', colour: 'red' })).toEqual({
      kind: 'record',
      record: { type: 'mark', bootUs: 5, text: 'x' },
    });
  });

  it('a type we do not know is reported by name', () => {
    expect(decodeRecord({ type: 'finding', bootUs: 5 })).toEqual({ kind: 'unknown', type: 'finding' });
  });

  it('a version we do not know is reported by number', () => {
    expect(decodeHeader({ ...headerOf(), version: 2, metrics: 'elsewhere' })).toEqual({
      kind: 'newer',
      version: 2,
    });
    expect(decodeHeader({ ...headerOf(), version: 0 }).kind).toBe('rejected');
    expect(decodeHeader({ type: 'header', format: 'other', version: 9 }).kind).toBe('rejected');
  });
});

/** Lines somebody made to hurt. */
const HOSTILE: readonly string[] = [
  '{"type":"__proto__"}',
  '{"__proto__":{"type":"mark"},"bootUs":1,"text":"x"}',
  '{"type":"sample","seq":0,"bootUs":1,"epoch":0,"counted":true,"full":false,"counters":{"__proto__":[[7,1]]},"host":{},"self":{"cpuMs":0,"rssBytes":0,"tracerCpuMs":0,"tracerRssBytes":0,"mapBytes":0}}',
  '{"type":"sample","seq":0,"bootUs":1,"epoch":0,"counted":true,"full":false,"counters":{"constructor":[[7,1]],"toString":[[7,2]],"hasOwnProperty":[[7,2]]},"host":{"__proto__":5,"constructor":3,"valueOf":4},"self":{"cpuMs":0,"rssBytes":0,"tracerCpuMs":0,"tracerRssBytes":0,"mapBytes":0}}',
  '{"type":"sample","seq":0,"bootUs":1,"epoch":0,"counted":true,"full":false,"counters":{"constructor":[[7,1]]},"host":{"valueOf":4},"self":{"cpuMs":0,"rssBytes":0,"tracerCpuMs":0,"tracerRssBytes":0,"mapBytes":0}}',
  '{"type":"sample","seq":-1,"bootUs":-5,"epoch":-1,"counted":true,"full":1,"counters":[],"host":[],"self":null}',
  '{"type":"sample","seq":1,"bootUs":9,"epoch":0,"counted":true,"full":false,"counters":{"iomap.iter":[[7,-9],[-7,3],[1.5,2],[7,1e308],[7,1e308]]},"host":{"vm.pgfault":-4},"self":{"cpuMs":-1,"rssBytes":0,"tracerCpuMs":0,"tracerRssBytes":0,"mapBytes":0}}',
  '{"type":"process","bootUs":1,"pid":-1,"startMs":1,"comm":"x"}',
  '{"type":"process","bootUs":1,"pid":1e99,"startMs":1,"comm":"x"}',
  '{"type":"process","bootUs":1,"pid":7,"startMs":1,"comm":{"toString":"x"}}',
  '{"type":"loss","bootUs":1,"kind":"map-full","count":1,"metric":"__proto__"}',
  '{"type":"loss","bootUs":1,"kind":"__proto__","count":1}',
  '{"type":"gap","bootUs":1,"fromBootUs":99,"reason":"backwards"}',
  '{"type":"probe","bootUs":1,"id":"__proto__","variant":null,"state":"attached"}',
  '{"type":"trailer","bootUs":9007199254740993,"reason":"x","samples":1,"records":1}',
  'null',
  '[]',
  '"sample"',
  '1e999',
  `{"type":"mark","bootUs":1,"text":"${'x'.repeat(5_000)}"}`,
  `{"type":"sample","seq":0,"bootUs":1,"epoch":0,"counted":true,"full":false,"counters":{"iomap.iter":[${'[7,1],'.repeat(200_000)}[7,1]]},"host":{},"self":{"cpuMs":0,"rssBytes":0,"tracerCpuMs":0,"tracerRssBytes":0,"mapBytes":0}}`,
];

describe('hostile lines', () => {
  it('never throw, never reach a prototype, and leave a snapshot that can be taken', () => {
    const prototypeBefore = Object.getOwnPropertyNames(Object.prototype).sort();
    const header = headerOf({ metrics: [metricOf('constructor'), metricOf('iomap.iter')] });
    const state = createState(header);
    let folded = 0;
    for (const line of HOSTILE) {
      const decoded = decodeRecord(JSON.parse(line));
      if (decoded.kind !== 'record') continue;
      folded += 1;
      fold(state, decoded.record);
    }
    expect(folded).toBeGreaterThan(2);
    const snapshot = takeSnapshot(state);
    plain(snapshot);
    JSON.stringify(snapshot);
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(prototypeBefore);
    expect(({} as Record<string, unknown>).type).toBeUndefined();
    for (const { total, delta } of Object.values(snapshot.totals)) {
      expect(total).toBeGreaterThanOrEqual(0);
      expect(delta).toBeGreaterThanOrEqual(0);
    }
    // Counted 1 µs before the last: its growth is still of the stretch that rates are of.
    expect(snapshot.totals.constructor).toMatchObject({ total: 1 });
  });

  it('beyond the bounds are rejected with the place', () => {
    const rejected = (value: object): string => {
      const decoded = decodeRecord(value);
      return decoded.kind === 'rejected' ? decoded.reason : decoded.kind;
    };
    expect(rejected({ type: 'mark', bootUs: 1, text: 'x'.repeat(4_097) })).toMatch(/^text: /);
    expect(rejected({ type: 'process', bootUs: 1, pid: 2 ** 31 + 1, startMs: 1, comm: 'x' })).toMatch(
      /^pid: /,
    );
    expect(rejected({ type: 'exit', bootUs: 1, pid: 7, startMs: -1, comm: 'x' })).toMatch(/^startMs: /);
    expect(rejected(sampleOf(0, { 'bad id!': [[7, 1]] }))).toMatch(/^counters/);
    expect(rejected(sampleOf(0, { 'iomap.iter': [[7]] }))).toMatch(/^counters/);
  });

  it('any JSON at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(['record', 'unknown', 'rejected']).toContain(decodeRecord(value).kind);
        expect(['header', 'newer', 'rejected']).toContain(decodeHeader(value).kind);
      }),
    );
  });
});
