/**
 * probe.json, format 1: what a probe is, as data. Its identity and the question it answers, the metrics with their
 * units, and the variants (scripts) in order of preference, each with what it needs of a host (`when`) and a
 * sentence for every metric it provides that says what is really counted (`counts`). A metric that a variant's
 * `counts` does not name is not provided by that variant.
 *
 * This is the shape; parse-manifest.ts reads one, and refuses what contradicts itself.
 */
import { z } from 'zod';
import type { MetricUnit } from '../core/metric.ts';
import { pathProblem } from './attach-point.ts';
import { isProvider } from './provider.ts';

const UNITS = [
  'count',
  'ns',
  'us',
  'ms',
  'bytes',
  'KiB',
  'pages',
  'percent',
  'load',
] as const satisfies readonly MetricUnit[];

export const FACILITIES = ['fentry', 'kprobe', 'rawtracepoint', 'tracepoint', 'uprobe', 'software'] as const;
export type Facility = (typeof FACILITIES)[number];

const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/, 'lower case letters, digits and _ only');
const kebab = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower case words joined by - only');
const mapName = z.string().regex(/^@[a-z][a-z0-9_]*$/, 'a bpftrace map in lower case, such as @iomap_iter');
const tracepoint = z
  .string()
  .regex(/^[a-zA-Z0-9_]+:[a-zA-Z0-9_]+$/, 'category:event, such as iomap:iomap_iter');
const kernelFunction = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a kernel function');
/** It becomes part of an attach point as it stands: see attach-point.ts. */
const attachPath = z.string().refine((path) => pathProblem(path) === null, {
  error: ({ input }) => `${pathProblem(String(input))}: it cannot stand in an attach point`,
});
const sentence = z.string().trim().min(1, 'must not be empty');
/** Printable ASCII, so that characters are terminal cells. */
const label = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,12}[\x21-\x7e])?$/, 'at most 14 ASCII characters');

const metricSchema = z.strictObject({
  name: identifier,
  map: mapName,
  /**
   * A gauge is made by the variant's `derive`: no map of a script holds one. A histogram is `@map[pid] = hist(NS);`, and
   * becomes a counter by powers of two µs (histograms.ts).
   */
  kind: z.enum(['counter', 'gauge', 'max', 'histogram']),
  /** Of a histogram, the metric that has the time of the same calls, added up. */
  histogramOf: identifier.optional(),
  unit: z.enum(UNITS),
  label,
  help: sentence,
  /** Integer key parts after the PID. Such maps are never forgotten PID by PID: see frame.ts. */
  dims: z.array(identifier).min(1).max(4).optional(),
  /**
   * The one number after the PID is a thread's: its entry is deleted when it exits. So a script sets an entry that is over
   * to 0 instead of deleting it, which many times a second ends bpftrace 0.17 as it prints the map.
   * Or it is no PID's at all: a histogram's key is the number of a device, of which there are few, and its keys stay.
   */
  of: z.enum(['thread', 'device']).optional(),
  lane: z.boolean().optional(),
  /** What is not known of a program, or had no room in a map, can make it too high as well as too low. */
  eitherWay: z.literal(true).optional(),
  /** Printed by the tracer for the variant's `derive`, which makes numbers of it; shown to nobody. */
  internal: z.literal(true).optional(),
});

const scratchSchema = z.strictObject({
  map: mapName,
  /**
   * `tid`: entries of a thread are deleted when it exits. `none`: the script itself keeps it small. `file`: inode to name, of
   * files that the host is to look into; the script only sets it, and each is reported once.
   */
  key: z.enum(['tid', 'none', 'file']),
});

const whenSchema = z.strictObject({
  /** A semver range, for example `>=0.18.0 <0.24.0`. */
  bpftrace: z.string().optional(),
  facility: z.enum(FACILITIES),
  functions: z.array(kernelFunction).optional(),
  /** Functions whose presence proves that this kernel takes another path. */
  notFunctions: z.array(kernelFunction).optional(),
  tracepoints: z.array(tracepoint).optional(),
  notTracepoints: z.array(tracepoint).optional(),
  fields: z.record(tracepoint, z.array(z.string().min(1)).min(1)).optional(),
  /** Fields whose presence says that the event means something else than the script takes it for. */
  notFields: z.record(tracepoint, z.array(z.string().min(1)).min(1)).optional(),
});

const token = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'capitals, digits and _ only');
const cName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

/** A number the script takes from this kernel; `token` is the word in the script that it replaces. */
const constantSchema = z.union([
  z.strictObject({
    token,
    tracepoint,
    /** The name as the event's `print fmt` writes it, for example `__GFP_NORETRY`. */
    flag: cName,
  }),
  z.strictObject({
    token,
    /** A structure of the kernel, for example `xfs_inode`. */
    struct: cName,
    /** Its member whose byte offset is the number; `m_stats.xs_stats` is a member of a member. */
    member: z.string().regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, 'a member, or members joined by points'),
    /** The module that the structure belongs to, where that is not built in. */
    module: cName.optional(),
    /** The number is in bits: a bit field begins inside a byte. */
    bit: z.literal(true).optional(),
    /** The number where the kernel does not say: without it the variant cannot run there. */
    otherwise: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    token,
    /** A per-CPU variable of the kernel; the number is where it lies among the others. */
    perCpu: cName,
  }),
  z.strictObject({
    token,
    /** The number is the size of a page, in bytes. */
    page: z.literal(true),
  }),
]);

const provider = z.string().refine(isProvider, 'not a provider of attach points: see src/probes/provider.ts');

const targetSchema = z.strictObject({
  /** Who finds the files of this host: a name that src/host/targets.ts knows. Without it: `written` itself. */
  finder: kebab.optional(),
  /** The path as the script's uprobe and usdt attach points spell it, so that the script also runs alone. */
  written: attachPath,
});

const variantSchema = z.strictObject({
  id: kebab,
  file: z.string().regex(/^[a-z0-9][a-z0-9-]*\.bt$/, 'a file name such as tracepoint.bt'),
  title: sentence,
  when: whenSchema,
  /** For scripts on user programs: the files that take the place of the path written in the script. */
  target: targetSchema.optional(),
  /** Metric name to the sentence that names what is really counted. */
  counts: z.record(identifier, sentence),
  /** Metric name to why its number is an estimate as this variant counts, and how far off it can be. */
  estimates: z.record(identifier, sentence).optional(),
  labels: z.record(identifier, label).optional(),
  /**
   * What one count stands for, in runs of the script's programs by provider, so that their cost is known without
   * measuring it: `{ "iter": { "tracepoint": 1 } }`. A metric of the host (`vm.pgfault`) stands for events that count
   * nothing here. Fractions are averages.
   */
  runs: z.record(z.string(), z.record(provider, z.number().positive())).optional(),
  /** Tracepoints of the script that some kernels lack without harm; assembly drops those absent. */
  optional: z.array(tracepoint).optional(),
  constants: z.array(constantSchema).optional(),
  /** How numbers come of the script's maps and of what the kernel counts anyway: a name that src/cli/trace.ts knows. */
  derive: kebab.optional(),
  /** The variant that takes its place when its events cost more than the budget; without it, the probe is dropped. */
  cheaper: kebab.optional(),
  needs: sentence,
  /**
   * Too costly, too easily misread, or counting too little to run unless the user names it (`--variant
   * PROBE=VARIANT`) or the budget asks for it.
   */
  explicit: z.literal(true).optional(),
});

export const manifestSchema = z.strictObject({
  /** For editors: where docs/probe.schema.json is. */
  $schema: z.string().optional(),
  format: z.literal(1),
  id: kebab,
  title: sentence,
  question: sentence,
  metrics: z.array(metricSchema).min(1),
  scratch: z.array(scratchSchema),
  variants: z.array(variantSchema).min(1),
  overhead: sentence,
  caveats: z.array(sentence),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Variant = Manifest['variants'][number];

/** The schema for editors and for who writes a probe of their own. */
export const manifestJsonSchema = (): unknown => z.toJSONSchema(manifestSchema, { io: 'input' });

/** The prefix of every map of a probe: `@page_alloc_` of `page-alloc`. */
export const mapPrefix = (probeId: string): string => `@${probeId.replaceAll('-', '_')}_`;
