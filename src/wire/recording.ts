/**
 * The recording on disk: NDJSON, one record of ../core/record.ts a line, the header first and a trailer last.
 * Every line stands for itself: a torn or damaged one costs what it said and nothing else, and because counters
 * are cumulative the next sample brings the count back. Lines are untrusted input: sizes are bounded, names of
 * metrics are restricted, control characters are left to the views, which never print them raw.
 *
 * Readers keep reading version 1 for ever; a record type or field they do not know is skipped and counted.
 */
import { z } from 'zod';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import { RECORDING_FORMAT, RECORDING_VERSION } from '../core/record.ts';
import { type Misfit, misfitOf, reasonOf } from './misfit.ts';

const count = z.int().nonnegative();
const bootUs = count.describe('µs since boot, CLOCK_BOOTTIME');
const pid = z
  .int()
  .nonnegative()
  .max(2 ** 31);
const name = z.string().max(256);
const words = z.string().max(4_096);
const metricId = z.string().regex(/^[a-z][\w.:-]{0,127}$/i);
const startMs = count.nullable().describe('process start in ms since boot; null when unknown');

const probe = {
  id: name,
  variant: name.nullable(),
  state: z.enum(['attached', 'refused', 'detached']),
  reason: words.optional(),
  uncounted: z
    .array(metricId)
    .max(256)
    .optional()
    .describe('metrics that this variant does not count, though the session began with one that did'),
};

const metric = z.object({
  id: metricId,
  probe: name,
  scope: z.enum(['pid', 'host']),
  kind: z.enum(['counter', 'gauge', 'max']),
  unit: z.enum(['count', 'ns', 'us', 'ms', 'bytes', 'KiB', 'pages', 'percent', 'load']),
  label: name,
  help: words,
  dims: z.array(name).max(6).optional(),
  lane: z.boolean().optional(),
});

export const headerSchema = z.object({
  type: z.literal('header'),
  format: z.literal(RECORDING_FORMAT),
  version: z.literal(RECORDING_VERSION),
  tool: z.object({ name: z.literal('stallscope'), version: name }),
  host: z.object({ hostname: name, kernel: name, arch: name, cpus: count, memoryBytes: count }),
  bpftrace: name.nullable(),
  clock: z.object({ bootUs, realMs: z.number().describe('the same instant, ms since 1970 UTC') }),
  intervalMs: z.int().positive(),
  mapKeys: count,
  selection: z.object({
    pids: z.array(pid).max(4_096),
    comm: name.nullable(),
    command: z.array(words).max(4_096).nullable(),
  }),
  budget: z
    .number()
    .nullable()
    .optional()
    .describe('what the probes may take, as a share of each CPU at work; null: no limit'),
  probes: z.array(z.object(probe)).max(256),
  metrics: z.array(metric).max(4_096),
}) satisfies z.ZodType<HeaderRecord>;

const self = z.object({
  cpuMs: z.number(),
  rssBytes: z.number(),
  tracerCpuMs: z.number(),
  tracerRssBytes: z.number(),
  mapBytes: z.number(),
  probeMs: z
    .record(name, z.number())
    .optional()
    .describe('probe to CPU ms that its events took from the traced since start'),
});

export const recordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('sample'),
    seq: count,
    bootUs,
    epoch: count.describe('life of the tracer; counters restart at zero with each'),
    counted: z.boolean().describe('the tracer was read for this sample; when not, counters say nothing'),
    full: z.boolean().describe('every live entry is present, not only those that changed'),
    counters: z
      .record(metricId, z.array(z.array(z.number()).min(2).max(8)).max(200_000))
      .describe('metric id to [pid, ...dims, cumulative value]'),
    host: z.record(metricId, z.number()),
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
    uncovered: z
      .record(metricId, words)
      .optional()
      .describe('metric id to why it cannot be counted for this process: not zero, not known'),
  }),
  z.object({ type: z.literal('exit'), bootUs, pid, startMs, comm: name }),
  z.object({ type: z.literal('forget'), bootUs, pid }),
  z.object({ type: z.literal('gap'), bootUs, fromBootUs: bootUs, reason: words }),
  z.object({
    type: z.literal('loss'),
    bootUs,
    kind: z.enum([
      'lost-events',
      'map-full',
      'rejected-line',
      'unknown-message',
      'helper-error',
      'imprecise',
      'unnamed-process',
      'unread-exit',
      'shared-steps',
      'recorder-dropped',
    ]),
    count,
    metric: metricId.optional(),
    detail: words.optional(),
  }),
  z.object({ type: z.literal('probe'), bootUs, ...probe }),
  z.object({ type: z.literal('mark'), bootUs, text: words }),
  z.object({ type: z.literal('trailer'), bootUs, reason: words, samples: count, records: count }),
]) satisfies z.ZodType<StreamRecord>;

export type DecodedRecord = { readonly kind: 'record'; readonly record: StreamRecord } | Misfit;

const KNOWN: ReadonlySet<string> = new Set(recordSchema.options.map((option) => option.shape.type.value));

/** What one parsed line of a recording says. Never throws. */
export const decodeRecord = (value: unknown): DecodedRecord => {
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? { kind: 'record', record: parsed.data } : misfitOf(value, parsed.error, KNOWN);
};

export type DecodedHeader =
  | { readonly kind: 'header'; readonly header: HeaderRecord }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'rejected'; readonly reason: string };

/** What the first line says. Never throws. */
export const decodeHeader = (value: unknown): DecodedHeader => {
  const parsed = headerSchema.safeParse(value);
  if (parsed.success) return { kind: 'header', header: parsed.data };
  const probe = z.object({ format: z.literal(RECORDING_FORMAT), version: z.number() }).safeParse(value);
  if (probe.success && probe.data.version > RECORDING_VERSION)
    return { kind: 'newer', version: probe.data.version };
  return { kind: 'rejected', reason: reasonOf(parsed.error) };
};

/** The published schema of a line, as JSON Schema (docs/recording.schema.json). */
export const recordingJsonSchema = (): object =>
  z.toJSONSchema(z.union([headerSchema, recordSchema]), { target: 'draft-2020-12' });
