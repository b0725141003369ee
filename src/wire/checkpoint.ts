/** The schema of a checkpoint (../core/checkpoint-record.ts), as untrusted as every other line. */
import { z } from 'zod';
import { LAST_BUCKET } from '../core/histogram.ts';
import type { WatchedCheckpoint } from '../insight/checkpoint.ts';
import {
  amount,
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
  unit,
  unrecorded,
  waits,
  words,
} from './fields.ts';
import { counterTable, numberTable } from './numbers.ts';

/** Text of ours, printed as it stands: none of it needs a control character. */
const ours = z
  .string()
  .max(4_096)
  .regex(/^\P{Cc}*$/u);
const party = z.object({ pid, startMs, comm: name });

const finding = z.object({
  id: ours,
  title: ours,
  severity: z.enum(['critical', 'high', 'medium']),
  confidence: amount,
  signs: z
    .object({ seen: count, of: count })
    .optional()
    .describe('how many of the signs it is known by were seen'),
  suspect: party.nullable(),
  nobody: ours.optional().describe('why nobody is accused'),
  cgroup: words.optional().describe('path of the control group whose limit it is about'),
  device: words.optional().describe('block device that it is about'),
  channel: words.optional().describe('function of the kernel in which threads wait, where it is about one'),
  suspects: z.array(party).max(10_000).optional().describe('all who did it, where they are several'),
  victims: z.array(party).max(10_000),
  startUs: bootUs,
  endUs: bootUs,
  uncountedSinceUs: bootUs.optional().describe('what it rests on is not counted any more since then'),
  evidence: z.array(z.object({ metric: ours, value: amount, unit, what: ours, atUs: bootUs })).max(64),
  files: countedFiles.optional(),
  missing: z.array(ours).max(64),
  advice: z
    .array(z.object({ text: ours, command: ours.optional(), risk: ours.optional() }))
    .max(64) as z.ZodType<readonly { text: string; command?: string; risk?: string }[]>,
});

const spike = z.object({
  metric: metricId,
  pid: pid.nullable(),
  comm: name.nullable(),
  startUs: bootUs,
  endUs: bootUs,
  score: amount,
});

const amounts = z.record(metricId, z.array(amount).min(1).max(3));

const stretch = z.object({ sample: z.int().min(-1), bootUs, intervalUs: amount });

const session = z.object({
  samples: count,
  previousBootUs: bootUs,
  epoch: count,
  counted: stretch,
  read: stretch.optional().describe('the last reading of the tracer, where it came too soon for a rate'),
  procRead: stretch.optional().describe('what the deltas of proc.* are of, where not those of the others'),
  procUs: bootUs
    .optional()
    .describe('when proc.* was last read of any process, where not at the end of procRead'),
  hostRead: stretch.optional().describe('what the deltas of the host are of, where not the last interval'),
  previousSelfUs: bootUs.optional().describe('when previousSelf was, where not at the sample before'),
  hostEarly: numberTable('host metric id to what came too soon for a rate').optional(),
  resumedBootUs: bootUs,
  others: z.object({
    processes: count,
    metrics: numberTable('metric id to total of processes no longer listed'),
  }),
  totals: amounts.describe('metric id to [total], or [total, delta] when it grew in the last interval'),
  histograms: z
    .record(metricId, z.array(count).max(LAST_BUCKET + 1))
    .optional()
    .describe('metric id to calls by bucket, of all processes there were'),
  deviceCounters: counterTable('metric id to [number of a device, bucket, calls, last reading]').optional(),
  host: amounts.describe('metric id to [last reading, total, delta]'),
  cgroups: z
    .array(
      z.object({
        ...cgroupFacts,
        endedBootUs: bootUs.optional(),
        readings: z.record(metricId, z.array(amount).min(1).max(4)),
      }),
    )
    .max(1_000)
    .optional()
    .describe('control groups, with metric id to [last reading, total, delta, early]'),
  probes: z.array(z.object(probe)).max(256),
  losses: z.partialRecord(lossKind, count),
  mapFull: z.array(metricId).max(4_096),
  imprecise: z.array(metricId).max(4_096),
  shared: z.record(metricId, count).optional().describe('metric id to how much of it was shared out'),
  doubtUs: z
    .record(z.string().max(128), bootUs)
    .optional()
    .describe('metric id, or nothing for all, to when it was last shared out or deleted unread'),
  over: z.record(metricId, count).optional().describe('metric id to how much too high it may be, at most'),
  least: z
    .record(metricId, count)
    .optional()
    .describe('metric id to how many calls may have been more than was counted'),
  unseen: z.record(metricId, count).optional().describe('metric id to how many programs it does not see'),
  missed: z
    .record(metricId, count)
    .optional()
    .describe('metric id to how many runs of its programs the kernel skipped'),
  uncounted: z
    .record(metricId, z.array(amount).min(1).max(2))
    .optional()
    .describe('metric id to [µs not counted to stay within the budget, since when not]'),
  estimated: z
    .record(metricId, words)
    .optional()
    .describe('metric id to why some of it is an estimate: so its variant counted for a while'),
  waits: waits.optional(),
  gaps: z.array(z.object({ fromBootUs: bootUs, toBootUs: bootUs, reason: words, unrecorded })).max(1_000),
  marks: z.array(z.object({ bootUs, text: words })).max(10_000),
  self,
  previousSelf: self,
  insight: z
    .object({
      findings: z.array(finding).max(1_000),
      spikes: z.array(spike).max(1_000),
      learning: z.boolean(),
    })
    .describe('what the session had recognised so far'),
});

export const checkpointSchema = z.object({
  type: z.literal('checkpoint'),
  bootUs,
  part: count,
  parts: count.max(10_000),
  session: session.optional().describe('in the first part only'),
  entities: z
    .array(
      z.object({
        pid,
        startMs,
        comm: name,
        ppid: pid.optional(),
        uid: count.optional(),
        cmdline: words.optional(),
        cgroup: words.optional(),
        cgroups,
        uncovered: z.record(metricId, words).refine(isFew).optional(),
        own: z.boolean().optional(),
        formerly: z.array(name).max(64).optional(),
        shared: words.optional(),
        files: countedFiles.optional(),
        endedBootUs: bootUs.optional(),
        movedBootUs: bootUs.optional(),
        former: z.boolean().optional(),
      }),
    )
    .max(10_000),
  counts: counterTable('metric id to [index in entities, total]'),
  partial: counterTable('metric id to [index in entities, ...dims, total]'),
  grown: counterTable(
    'of those, what grew in the last interval: metric id to [index in entities, ...dims, delta]',
  ).optional(),
  early: counterTable(
    'what came too soon for a rate: metric id to [index in entities, ...dims, delta]',
  ).optional(),
  baselines: counterTable(
    'metric id to [pid, ...dims, value]: where the next difference is not taken from the total; -1 for from zero',
  ),
}) satisfies z.ZodType<WatchedCheckpoint>;
