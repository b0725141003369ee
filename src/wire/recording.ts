/**
 * The recording on disk: NDJSON, one record of ../core/record.ts a line, the header first and a trailer last.
 * Every line stands for itself: a torn or damaged one costs what it said and nothing else, and because counters
 * are cumulative the next sample brings the count back. Lines are untrusted input: sizes are bounded, names of
 * metrics are restricted, control characters are left to the views, which never print them raw. Lines are grouped into
 * blocks (recording/seal.ts), and the state of the session is repeated in between (../core/checkpoint-record.ts).
 *
 * Readers keep reading version 1 for ever; a record type or field they do not know is skipped and counted.
 */
import { z } from 'zod';
import { LONGEST_INTERVAL_MS } from '../core/bounds.ts';
import type { BlockRecord, HeaderRecord, StreamRecord } from '../core/record.ts';
import { RECORDING_FORMAT, RECORDING_VERSION } from '../core/record.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import { checkpointSchema } from './checkpoint.ts';
import {
  bootUs,
  cgroupFacts,
  cgroups,
  count,
  countedFiles,
  isFew,
  lossKind,
  metricId,
  name,
  pid,
  probe,
  self,
  startMs,
  title,
  unit,
  unrecorded,
  waits,
  words,
} from './fields.ts';
import { type Misfit, misfitOf, reasonOf } from './misfit.ts';
import { counterTable, numberTable } from './numbers.ts';

const metric = z.object({
  id: metricId,
  probe: title,
  scope: z.enum(['pid', 'host', 'cgroup', 'device']),
  kind: z.enum(['counter', 'gauge', 'max']),
  unit,
  label: title,
  help: words,
  dims: z.array(title).max(6).optional(),
  histogramOf: metricId
    .optional()
    .describe(
      'it counts the calls whose time that metric is, by how long each took: 0 in dims is below 1 µs, k below 2^k µs, the last, 26, from 2^25 µs on',
    ),
  lane: z.boolean().optional(),
  eitherWay: z
    .literal(true)
    .optional()
    .describe(
      'what is not known of a program, or had no room in a map, can make it too high as well as too low',
    ),
});

const imported = z
  .object({
    from: title,
    notes: z.array(words).max(64),
    coarse: words.optional().describe('how far apart what each source says is, where there are several'),
  })
  .describe('where its values are from, when nobody traced, and what was assumed in reading it');

/** So that it has a date, also after as many years as a recording may be long. */
const LATEST_MS = 4e15;

const millis = z.number().min(-LATEST_MS).max(LATEST_MS);

const remote = z.object({
  hostname: name.describe('as ssh was given it'),
  aheadMs: millis.describe(
    'its wall clock, which is that of the recording, was so far ahead of that of who traced',
  ),
  unsureMs: millis.nonnegative().describe('by which that may be off'),
});

export const headerSchema = z.object({
  type: z.literal('header'),
  format: z.literal(RECORDING_FORMAT),
  version: z.literal(RECORDING_VERSION),
  tool: z.object({
    name: z.literal('stallscope'),
    version: name,
    pid: pid.optional().describe('of the process that traced; the first recordings have none'),
  }),
  session: name.optional().describe('the same in every segment of one session'),
  segment: count.optional().describe('which file of the session this is, from 0'),
  host: z.object({
    hostname: name,
    kernel: name,
    arch: name,
    cpus: count,
    memoryBytes: count,
    filesystems: z.array(name).max(256).optional().describe('types of what was mounted when tracing began'),
    devices: z
      .array(z.object({ major: count, minor: count, device: name }))
      .max(256)
      .optional()
      .describe('block devices that were there when tracing began'),
    memoryControl: z
      .enum(['v1', 'v2'])
      .optional()
      .describe('the version of control groups that bounds memory'),
    swappiness: count.optional(),
    minFreeKb: count.optional(),
  }),
  remote: remote.optional().describe('traced from another host, over ssh; absent when it traced itself'),
  bpftrace: name.nullable(),
  clock: z.object({
    bootUs,
    realMs: z.number().min(-LATEST_MS).max(LATEST_MS).describe('the same instant, ms since 1970 UTC'),
  }),
  intervalMs: z.int().positive().max(LONGEST_INTERVAL_MS),
  unnamed: words
    .optional()
    .describe('why these PIDs are not those of the /proc of whoever traced; absent when they are'),
  mapKeys: count,
  selection: z.object({
    pids: z.array(pid).max(4_096),
    threads: z
      .array(pid)
      .max(4_096)
      .optional()
      .describe('numbers asked for that were threads of these processes'),
    comm: name.nullable(),
    command: z.array(words).max(4_096).nullable(),
  }),
  imported: imported.optional(),
  budget: z
    .number()
    .nullable()
    .optional()
    .describe('what the probes may take, as a share of each CPU at work; null: no limit'),
  costBasis: z
    .enum(['measured', 'estimated'])
    .optional()
    .describe('whether the cost of the probes is measured from time to time, or estimated only'),
  probes: z.array(z.object(probe)).max(256),
  metrics: z.array(metric).max(4_096),
}) satisfies z.ZodType<HeaderRecord>;

const own = z
  .boolean()
  .optional()
  .describe('stallscope itself, its tracer or a helper of theirs: no part of the incident');

const formerly = z
  .array(name)
  .max(64)
  .optional()
  .describe('names under which it counted before this one, the first first');
const shared = words
  .optional()
  .describe('why some of its counts may be of another process: who else had its PID within one interval');

export const recordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('sample'),
    seq: count,
    bootUs,
    epoch: count.describe('life of the tracer; counters restart at zero with each'),
    counted: z.boolean().describe('the tracer was read for this sample; when not, counters say nothing'),
    full: z.boolean().describe('every live entry is present, not only those that changed'),
    counters: counterTable('metric id to [pid, ...dims, cumulative value]'),
    host: numberTable('metric id to cumulative value or level'),
    cgroups: counterTable('metric id to [id of a control group, value], read with the host').optional(),
    deviceCounters: counterTable(
      'metric id to [number of a device, ...dims, cumulative value], read with the counters',
    ).optional(),
    hostUs: bootUs.optional().describe('when the host was read, where that is not at bootUs'),
    procUs: bootUs
      .optional()
      .describe('when proc.* was last read of all processes, where that is not when the host was'),
    waits: waits.optional(),
    self,
  }),
  z.object({
    type: z.literal('process'),
    bootUs,
    pid,
    startMs,
    comm: name,
    ppid: pid.optional(),
    uid: count.optional(),
    cmdline: words.optional(),
    cgroup: words.optional(),
    cgroups: cgroups.describe('other paths that it has in other hierarchies'),
    uncovered: z
      .record(metricId, words)
      .refine(isFew)
      .optional()
      .describe('metric id to why it cannot be counted for this process: not zero, not known'),
    own,
    formerly,
    shared,
  }),
  z.object({ type: z.literal('files'), bootUs, pid, startMs, files: countedFiles }),
  z.object({ type: z.literal('exit'), bootUs, pid, startMs, comm: name, own, formerly, shared }),
  z.object({
    type: z.literal('cgroup'),
    bootUs,
    ...cgroupFacts,
    ended: z.boolean().optional().describe('it is not read any more: removed, or without a limit'),
  }),
  z.object({ type: z.literal('forget'), bootUs, pid }),
  z.object({
    type: z.literal('gap'),
    bootUs,
    fromBootUs: bootUs,
    reason: words,
    unrecorded,
  }),
  z.object({
    type: z.literal('loss'),
    bootUs,
    kind: lossKind,
    count,
    metric: metricId.optional(),
    detail: words.optional(),
  }),
  z.object({ type: z.literal('probe'), bootUs, ...probe }),
  z.object({ type: z.literal('mark'), bootUs, text: words }),
  z.object({ type: z.literal('trailer'), bootUs, reason: words, samples: count, records: count }),
]) satisfies z.ZodType<StreamRecord>;

export type DecodedRecord =
  | { readonly kind: 'record'; readonly record: StreamRecord }
  | { readonly kind: 'checkpoint'; readonly checkpoint: WatchedCheckpoint }
  /** Says nothing about the session: a seal, or a copy of the header. */
  | { readonly kind: 'frame' }
  | Misfit;

const KNOWN: ReadonlySet<string> = new Set([
  'header',
  'block',
  'checkpoint',
  ...recordSchema.options.map((option) => option.shape.type.value),
]);

/** What one parsed line of a recording says. Never throws. */
export const decodeRecord = (value: unknown): DecodedRecord => {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  if (type === 'block' || type === 'header') return { kind: 'frame' };
  if (type === 'checkpoint') {
    const parsed = checkpointSchema.safeParse(value);
    return parsed.success
      ? { kind: 'checkpoint', checkpoint: parsed.data }
      : misfitOf(value, parsed.error, KNOWN);
  }
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? { kind: 'record', record: parsed.data } : misfitOf(value, parsed.error, KNOWN);
};

export type DecodedHeader =
  /** `missing` says what had to be left open. */
  | { readonly kind: 'header'; readonly header: HeaderRecord; readonly missing: string | null }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'rejected'; readonly reason: string };

/** What the first line says. Parts that are missing or damaged are left open; never throws. */
export const decodeHeader = (value: unknown): DecodedHeader => {
  const parsed = headerSchema.safeParse(value);
  if (parsed.success) return { kind: 'header', header: parsed.data, missing: null };
  const probe = z.object({ format: z.literal(RECORDING_FORMAT), version: z.number() }).safeParse(value);
  if (probe.success && probe.data.version > RECORDING_VERSION)
    return { kind: 'newer', version: probe.data.version };
  const reason = reasonOf(parsed.error);
  const partly = partialHeader.safeParse(value);
  return partly.success
    ? { kind: 'header', header: partly.data, missing: reason }
    : { kind: 'rejected', reason };
};

/** An array without the elements that its schema does not take. */
const soundOf = <Item>(schema: z.ZodType<Item>, most: number) =>
  z.preprocess(
    (value) =>
      Array.isArray(value) ? value.slice(0, most).filter((one) => schema.safeParse(one).success) : [],
    z.array(schema),
  );

/** What a header must say to be one; of the rest, what can be read. */
const partialHeader = z.object({
  type: z.literal('header'),
  format: z.literal(RECORDING_FORMAT),
  version: z.literal(RECORDING_VERSION),
  tool: headerSchema.shape.tool.catch({ name: 'stallscope', version: 'unknown' }),
  session: name.optional().catch(undefined),
  segment: count.optional().catch(undefined),
  host: headerSchema.shape.host.catch({
    hostname: 'unknown',
    kernel: 'unknown',
    arch: 'unknown',
    cpus: 0,
    memoryBytes: 0,
  }),
  remote: remote.optional().catch(undefined),
  bpftrace: name.nullable().catch(null),
  clock: headerSchema.shape.clock.catch({ bootUs: 0, realMs: 0 }),
  intervalMs: headerSchema.shape.intervalMs.catch(1_000),
  unnamed: words.optional().catch(undefined),
  mapKeys: count.catch(0),
  imported: imported.optional().catch(undefined),
  selection: headerSchema.shape.selection.catch({ pids: [], comm: null, command: null }),
  probes: soundOf(z.object(probe), 256),
  metrics: soundOf(metric, 4_096),
}) satisfies z.ZodType<HeaderRecord>;

const u32 = z
  .int()
  .nonnegative()
  .max(2 ** 32 - 1);

export const blockSchema = z.object({
  type: z.literal('block'),
  bytes: u32.describe('length of the lines before this one, back to the last line of this type'),
  crc32: u32.describe('CRC-32 of those lines'),
  fromUs: z.int().nonnegative().describe('bootUs of their first sample, 0 without samples'),
  toUs: z.int().nonnegative().describe('bootUs of their last sample'),
  samples: u32,
  checkpoint: z.boolean().describe('they begin with the state of the session'),
  check: u32.describe('CRC-32 of this line up to this field'),
}) satisfies z.ZodType<BlockRecord>;

/** @public The published schema of a line, as JSON Schema: scripts/write-docs.mjs makes docs/recording.schema.json of it. */
export const recordingJsonSchema = (): object =>
  z.toJSONSchema(z.union([headerSchema, recordSchema, checkpointSchema, blockSchema]), {
    target: 'draft-2020-12',
    // Tables of numbers are checked by hand, for speed, and describe themselves.
    unrepresentable: 'any',
  });
