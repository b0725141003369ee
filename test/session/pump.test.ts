import { describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { Sink, Source } from '../../src/session/ports.ts';
import { pump } from '../../src/session/pump.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { headerOf, plain, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';

const trailer: StreamRecord = {
  type: 'trailer',
  bootUs: START_US + 9,
  reason: 'end',
  samples: 2,
  records: 4,
};
const RECORDS: readonly StreamRecord[] = [
  sampleOf(0, { 'iomap.iter': [[7, 1]] }),
  { type: 'process', bootUs: START_US, pid: 7, startMs: 5, comm: 'a' },
  sampleOf(1, { 'iomap.iter': [[7, 4]] }),
  trailer,
];

const sourceOf = (records: readonly StreamRecord[]): Source & { readonly stops: string[] } => {
  const stops: string[] = [];
  return {
    stops,
    open: async () => headerOf(),
    records: async function* () {
      yield* records;
    },
    stop: (reason) => stops.push(reason),
  };
};

type Log = { readonly log: (string | HeaderRecord | StreamRecord)[]; readonly texts: (string | undefined)[] };

const sinkOf = (): Sink & Log => {
  const log: Log['log'] = [];
  const texts: Log['texts'] = [];
  return {
    log,
    texts,
    begin: (header) => log.push(header),
    write: (record, json) => {
      log.push(record);
      texts.push(json);
    },
    end: async () => void log.push('end'),
  };
};

describe('the pump', () => {
  it('hands every record to every sink, in order, and ends them', async () => {
    const sinks = [sinkOf(), sinkOf()];
    await pump({ source: sourceOf(RECORDS), sinks, store: createSnapshotStore() });
    for (const { log } of sinks) expect(log).toEqual([headerOf(), ...RECORDS, 'end']);
    for (const { texts } of sinks) expect(texts).toEqual(RECORDS.map((record) => JSON.stringify(record)));
  });

  it('shows a snapshot at the start, at each sample and at the end, and is ready before the first record', async () => {
    const store = createSnapshotStore();
    const seen: string[] = [];
    store.subscribe(() => seen.push(`store ${store.get()?.samples} ${store.get()?.ended?.reason ?? '-'}`));
    const last = await pump({
      source: sourceOf(RECORDS),
      sinks: [],
      store,
      onReady: () => seen.push('ready'),
      onSample: (snapshot, record) => seen.push(`${record.type} ${snapshot.samples}`),
    });
    expect(seen).toEqual([
      'store 0 -',
      'ready',
      'store 1 -',
      'sample 1',
      'store 2 -',
      'sample 2',
      'store 2 end',
      'trailer 2',
      'store 2 end',
    ]);
    expect(plain(last)).toEqual(plain(snapshotAfter(RECORDS)));
    expect(store.get()).toBe(last);
  });

  it('what stands after the last sample counts even without a trailer', async () => {
    const gap: StreamRecord = { type: 'gap', bootUs: START_US + 9, fromBootUs: START_US, reason: 'x' };
    const last = await pump({
      source: sourceOf([...RECORDS.slice(0, 3), gap]),
      sinks: [],
      store: createSnapshotStore(),
    });
    expect(last.losses.gaps).toHaveLength(1);
  });

  it('rejects with what opening rejects with, and begins no sink', async () => {
    const source = { ...sourceOf([]), open: () => Promise.reject(new Error('no way')) };
    const sink = sinkOf();
    await expect(pump({ source, sinks: [sink], store: createSnapshotStore() })).rejects.toThrow('no way');
    expect(sink.log).toEqual([]);
  });

  it('stops what it opened when a sink or a hook fails', async () => {
    const failing = () => {
      throw new Error('disk gone');
    };
    const source = sourceOf(RECORDS);
    const store = createSnapshotStore();
    await expect(pump({ source, sinks: [{ ...sinkOf(), begin: failing }], store })).rejects.toThrow(
      'disk gone',
    );
    expect(source.stops).toEqual(['failed']);
    await expect(pump({ source, sinks: [], store, onSample: failing })).rejects.toThrow('disk gone');
    expect(source.stops).toHaveLength(2);
  });
});
