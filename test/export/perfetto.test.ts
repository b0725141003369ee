/** A Perfetto trace, loaded by its own trace processor, and decoded by the numbers that its fields have today. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { asDistinct } from '../../src/core/safe-text.ts';
import { message } from '../../src/export/perfetto/protobuf.ts';
import { examples, itForEachRecording } from '../helpers/examples.ts';
import { exportOf, findingsOf, moved, summaryOf } from '../helpers/exported.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';
import { loadTrace, type TraceProcessor } from '../helpers/trace-processor.ts';

const folder = mkdtempSync(join(tmpdir(), 'perfetto-'));
afterAll(() => rmSync(folder, { recursive: true }));

const traceOf = async (path: string, ...args: string[]): Promise<Uint8Array> => {
  const file = join(folder, 'x.pftrace');
  await exportOf(path, '--format', 'perfetto', '-o', file, '--force', ...args);
  return readFileSync(file);
};

const recordingOf = (name: string, records: readonly (HeaderRecord | StreamRecord)[]): string => {
  const path = join(folder, name);
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return path;
};

const complaints = (trace: TraceProcessor) =>
  trace.query("select name, value from stats where severity in ('error', 'data_loss') and value > 0");

const sumsOf = (trace: TraceProcessor, by: string, tracks: string): Record<string, number> =>
  Object.fromEntries(
    trace
      .query(
        `select ${by} as key, sum(value) as sum from counter join ${tracks} t on track_id = t.id group by 1`,
      )
      .map(({ key, sum }) => [String(key), Number(sum)]),
  );

/** Names as tracks have them, without the sign of what is not exact. */
const bare = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name.replace(/^[≈≥–] /, ''), value]));

describe('the values of a recording', () => {
  itForEachRecording(async (path) => {
    const summary = await summaryOf(path);
    const trace = await loadTrace(await traceOf(path));
    expect(complaints(trace)).toEqual([]);
    const counters = new Set(summary.metrics.filter(({ kind }) => kind === 'counter').map(({ id }) => id));
    const only = (values: Readonly<Record<string, number>>): Record<string, number> =>
      moved(Object.fromEntries(Object.entries(values).filter(([id]) => counters.has(id))));
    const ofProcesses = bare(sumsOf(trace, 't.name', 'process_counter_track'));
    expect(only(ofProcesses)).toEqual(moved(summary.totals));
    const host = trace.query(
      `select t.name as name, sum(value) as sum from counter join track t on track_id = t.id
       where track_id not in (select id from process_counter_track) group by 1`,
    );
    const ofHost = Object.fromEntries(host.map(({ name, sum }) => [String(name), Number(sum)]));
    const hostCounters = Object.fromEntries(Object.entries(summary.host).filter(([id]) => counters.has(id)));
    for (const [id, total] of Object.entries(hostCounters))
      expect([id, ofHost[id] ?? 0]).toEqual([id, total]);
    const slices = trace.query("select name from slice where category = 'finding' order by name");
    const findings = await findingsOf(path);
    expect(slices.map(({ name }) => name)).toEqual(findings.map(({ title }) => title).sort());
    const suspected = findings.some(({ suspect }) => suspect !== null);
    expect(trace.query("select name from slice where category = 'suspect'").length > 0).toBe(suspected);
    expect(trace.query('select name from slice order by ts desc limit 1')).toEqual([
      { name: 'end of the export' },
    ]);
  });
});

/** protos/perfetto/trace of google/perfetto, as far as it is used. */
const { root } = protobuf.parse(`
  syntax = "proto2";
  message Trace { repeated Packet packet = 1; }
  message Packet {
    optional Clocks clock_snapshot = 6;
    optional uint64 timestamp = 8;
    optional uint32 trusted_packet_sequence_id = 10;
    optional Event track_event = 11;
    optional uint32 sequence_flags = 13;
    optional Defaults trace_packet_defaults = 59;
    optional Descriptor track_descriptor = 60;
  }
  message Defaults { optional uint32 timestamp_clock_id = 58; }
  message Clocks { repeated Clock clocks = 1; optional int32 primary_trace_clock = 2; }
  message Clock { optional uint32 clock_id = 1; optional uint64 timestamp = 2; }
  message Descriptor {
    optional uint64 uuid = 1;
    optional string name = 2;
    optional Process process = 3;
    optional uint64 parent_uuid = 5;
    optional Counter counter = 8;
    optional int32 child_ordering = 11;
    optional int32 sibling_order_rank = 12;
    optional string description = 14;
  }
  message Process { optional int32 pid = 1; optional string process_name = 6; optional int64 start_timestamp_ns = 7; }
  message Counter { optional int32 unit = 3; optional string unit_name = 6; }
  message Event {
    repeated Annotation debug_annotations = 4;
    optional int32 type = 9;
    optional uint64 track_uuid = 11;
    repeated string categories = 22;
    optional string name = 23;
    optional int64 counter_value = 30;
    optional double double_counter_value = 44;
    repeated fixed64 flow_ids = 47;
    repeated fixed64 terminating_flow_ids = 48;
  }
  message Annotation { optional int64 int_value = 4; optional string string_value = 6; optional string name = 10; }
`);

type Packet = {
  readonly timestamp?: string;
  readonly clockSnapshot?: { readonly clocks: readonly { clockId: number; timestamp: string }[] };
  readonly trackDescriptor?: {
    readonly uuid: string;
    readonly name?: string;
    readonly process?: {
      readonly pid: number;
      readonly processName: string;
      readonly startTimestampNs?: string;
    };
    readonly parentUuid?: string;
    readonly counter?: { readonly unit?: number; readonly unitName?: string };
    readonly description?: string;
  };
  readonly trackEvent?: {
    readonly trackUuid: string;
    readonly name?: string;
    readonly debugAnnotations?: readonly { readonly name: string; readonly stringValue?: string }[];
    readonly flowIds?: readonly string[];
    readonly terminatingFlowIds?: readonly string[];
  };
};

const Trace = root.lookupType('Trace');
const packetsOf = (bytes: Uint8Array): readonly Packet[] =>
  (Trace.toObject(Trace.decode(bytes), { longs: String }) as { packet: Packet[] }).packet;

describe('a trace', () => {
  const [path = ''] = examples;

  it('has arrows from a finding with its evidence to the process that it suspects', async () => {
    const packets = await traceOf(path).then(packetsOf);
    const events = packets.flatMap(({ trackEvent }) => trackEvent ?? []);
    const finding = events.find(({ flowIds = [] }) => flowIds.length > 0);
    const said = (name: string) =>
      finding?.debugAnnotations?.find((annotation) => annotation.name === name)?.stringValue;
    expect(said('id')).toBe('seek-hole-storm');
    expect(said('suspects')).toMatch(/qemu-mirror \(\d+\)/);
    expect(said('evidence iomap.iter')).toMatch(/^\d/);
    expect(said('show')).toMatch(/^stallscope replay .* --from 20\d\d-.*Z$/);
    const end = events.find(({ terminatingFlowIds = [] }) => terminatingFlowIds[0] === finding?.flowIds?.[0]);
    const tracks = new Map(
      packets.flatMap(({ trackDescriptor }) =>
        trackDescriptor ? [[trackDescriptor.uuid, trackDescriptor]] : [],
      ),
    );
    const parent = tracks.get(tracks.get(end?.trackUuid ?? '')?.parentUuid ?? '');
    expect(parent?.process?.processName).toBe('qemu-mirror');
    expect(packets[0]?.clockSnapshot?.clocks.map(({ clockId }) => clockId)).toEqual([6, 1]);
    for (const { counter, description } of tracks.values())
      if (counter) expect([counter.unit ?? counter.unitName, description]).not.toContain(undefined);
  });

  it('keeps names apart, shows what cannot be seen, and has a process for each life of a PID', async () => {
    const lives = HOSTILE_NAMES.slice(0, 200);
    const records = lives.flatMap((comm, at): StreamRecord[] => [
      { type: 'forget', bootUs: START_US, pid: 7 },
      { type: 'process', bootUs: START_US, pid: 7, startMs: 1000 * (at + 1), comm },
      sampleOf(at + 1, { 'iomap.iter': [[7, at + 1]] }),
    ]);
    const bytes = await traceOf(recordingOf('names.ndjson', [headerOf(), ...records]));
    const described = packetsOf(bytes).flatMap(({ trackDescriptor }) => trackDescriptor ?? []);
    const processes = described.filter(({ process }) => process !== undefined);
    expect(processes).toHaveLength(200);
    expect(new Set(processes.map(({ uuid }) => uuid)).size).toBe(200);
    const names = processes.map(({ process }) => process?.processName ?? '');
    expect(new Set(names)).toEqual(new Set(lives.map(asDistinct)));
    for (const name of names) expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(complaints(await loadTrace(bytes))).toEqual([]);
  });

  it('says that the recording was cut, what it misses, and that only a part of it was asked for', async () => {
    const gap = {
      type: 'gap',
      bootUs: START_US + 4e6,
      fromBootUs: START_US + 2e6,
      reason: 'bpftrace ended',
    } as const;
    const loss = { type: 'loss', bootUs: START_US + 4e6, kind: 'lost-events', count: 5 } as const;
    const mark = { type: 'mark', bootUs: START_US + 4e6, text: 'restarted' } as const;
    const cut = recordingOf('cut.ndjson', [
      headerOf(),
      sampleOf(1, { 'iomap.iter': [[7, 3]] }),
      ...[gap, loss, mark],
      sampleOf(5, { 'iomap.iter': [[7, 4]] }, { epoch: 1 }),
    ]);
    const trace = await loadTrace(await traceOf(cut, '--top', '1'));
    const names = trace.query('select name, dur from slice order by ts').map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'The recording is truncated: it has no trailer',
        'gap: bpftrace ended',
        'lost.lost-events',
        'mark: restarted',
      ]),
    );
    const notes = trace.query('select key, string_value as text from args where string_value is not null');
    expect(notes).toContainEqual({
      key: 'debug.not exact: iomap_iter',
      text: expect.stringContaining('lower-bound'),
    });
  });
});

it('writes numbers as protocol buffers have them', () => {
  const { root: types } = protobuf.parse(
    'syntax = "proto2"; message M { optional int64 a = 1; optional fixed64 b = 2; optional double c = 3; optional string d = 300; }',
  );
  const M = types.lookupType('M');
  for (const value of [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -1, -(2 ** 40)]) {
    const bytes = message()
      .varint(1, value)
      .fixed64(2, 2n ** 63n + 1n)
      .double(3, value / 3)
      .text(300, 'é😀')
      .bytes();
    expect(M.toObject(M.decode(bytes), { longs: String })).toEqual({
      a: String(value),
      b: String(2n ** 63n + 1n),
      c: value / 3,
      d: 'é😀',
    });
  }
});
