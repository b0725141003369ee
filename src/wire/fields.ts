/** The fields that lines of a recording are made of, each with its bound. */
import { z } from 'zod';

export const count = z.int().nonnegative();
/** Counters of the kernel have 64 bits; what is beyond adds up to what is no number. */
export const LARGEST = 2 ** 64;
export const amount = z.number().min(-LARGEST).max(LARGEST);
/** Of one process, probe or control group. */
const MOST_REASONS = 256;
export const isFew = (reasons: object): boolean => Object.keys(reasons).length <= MOST_REASONS;
export const bootUs = count.describe('µs since boot, CLOCK_BOOTTIME');
export const pid = z
  .int()
  .nonnegative()
  .max(2 ** 31);
export const name = z.string().max(256);
export const words = z.string().max(4_096);
/**
 * What the tool itself calls something. It is printed in many places as it stands, so it never holds what a terminal
 * obeys: a recording that says otherwise was made to.
 */
export const title = name.overwrite((text) => text.replace(/\p{Cc}/gu, '\ufffd'));
export const METRIC_ID = /^[a-z][\w.:-]{0,127}$/i;
export const metricId = z.string().regex(METRIC_ID);
export const startMs = count.nullable().describe('process start in ms since boot; null when unknown');

export const probe = {
  id: title,
  variant: title.nullable(),
  state: z.enum(['attached', 'refused', 'detached']),
  reason: words.optional(),
  uncounted: z
    .array(metricId)
    .max(256)
    .optional()
    .describe('metrics that this variant does not count, though the session began with one that did'),
  estimated: z
    .record(metricId, words)
    .refine(isFew)
    .optional()
    .describe('metric id to why its number is an estimate as this variant counts, and how far off it can be'),
};

export const countedFiles = z
  .array(
    z.object({
      path: words,
      sizeBytes: count.optional(),
      extents: count,
      isLeast: z.boolean().optional().describe('there are at least so many'),
      earlier: z
        .object({ extents: count, agoMs: count })
        .optional()
        .describe('what a report said of the same file, so long ago'),
    }),
  )
  .max(64)
  .describe('files that a process has open, with their extents, the most first');

/** A function of the kernel, `.isra.0` and the like included. */
const kernelFunction = z.string().regex(/^[\w.$]{1,128}$/);

export const waits = z
  .object({
    threads: count.describe('in uninterruptible sleep, of the processes that were looked at'),
    channels: z
      .array(
        z.object({
          name: kernelFunction,
          threads: count,
          pids: z.array(pid).max(64).describe('whose, the most threads first'),
        }),
      )
      .max(64)
      .describe('by kernel function, the most threads first'),
  })
  .describe('where threads wait uninterruptibly that did so at the sample before, too');
/** A control group, besides its numbers. */
export const cgroupFacts = {
  id: count.describe('of one life of it in this session: removed and made again, it is another'),
  path: words,
  cpuLimit: words.optional().describe('the file that holds its CPU quota'),
  memoryLimit: words.optional().describe('the file that holds its memory limit'),
  uncovered: z
    .record(metricId, words)
    .refine(isFew)
    .optional()
    .describe('metric id to why the kernel does not say it of this one: not zero, not known'),
};

export const unrecorded = z
  .enum(['past', 'counts'])
  .optional()
  .describe('tracing went on, but the recording lacks it: the past alone, or also what was counted in it');

/** Other paths of a process, in other hierarchies. */
export const cgroups = z.array(words).max(16).optional();

export const unit = z.enum(['count', 'ns', 'us', 'ms', 'bytes', 'KiB', 'pages', 'percent', 'load']);

export const self = z.object({
  cpuMs: amount,
  rssBytes: amount,
  tracerCpuMs: amount,
  tracerRssBytes: amount,
  mapBytes: amount,
  probeMs: z
    .record(name, amount)
    .refine(isFew)
    .optional()
    .describe('probe to CPU ms that its events took from the traced since start'),
  probeMsBy: z
    .enum(['measured', 'estimated'])
    .optional()
    .describe('how what came to probeMs since the last sample is known'),
  probeMsUnsure: z
    .boolean()
    .optional()
    .describe('nothing like it was measured yet: the estimate may be off by far'),
});

export const lossKind = z.enum([
  'lost-events',
  'map-full',
  'rejected-line',
  'unknown-message',
  'helper-error',
  'imprecise',
  'unnamed-process',
  'unread-exit',
  'shared-steps',
  'over-steps',
  'least-steps',
  'unseen-program',
  'missed-runs',
  'shared-pid',
  'foreign-pids',
  'recorder-dropped',
  'over-limit',
  'not-imported',
  'damaged',
]);
