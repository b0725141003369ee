/** `stallscope analyze`: what spiked in a recording, what came first, and which known failure it is. */

import type { MetricDescriptor } from '../core/metric.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import { type Analysis, analyse, type SymptomQuery } from '../insight/analysis.ts';
import { SPIKE } from '../insight/params.ts';
import { createWatch } from '../insight/watch.ts';
import { analysisLines } from '../report/analysis.ts';
import { analysisObject } from '../report/analysis-object.ts';
import { digestObject } from '../report/digest.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric } from './metric.ts';
import { foldThrough, readRecording } from './read-recording.ts';

export type AnalyzeOptions = {
  readonly file: string;
  readonly json: boolean;
  /** One small document instead. */
  readonly digest: boolean;
  /** From which score on spikes are reported; null for the usual one. */
  readonly minScore: number | null;
  /** What is usual is learnt for so long, and not from what comes after; null for all along. */
  readonly freezeAfterMs: number | null;
  /** `METRIC` or `METRIC:PID`, or null. */
  readonly symptom: string | null;
};

export const analyze = async (context: Context, options: AnalyzeOptions): Promise<number> => {
  const recording = await readRecording(context, options.file);
  try {
    const { header } = recording;
    const symptom = readSymptom(options.symptom, header.metrics);
    const minScore = options.minScore ?? SPIKE.eventScore;
    const cursor = await foldThrough(context, recording, {
      eventScore: Math.min(minScore, SPIKE.eventScore),
      freezeAfterMs: options.freezeAfterMs ?? undefined,
    });
    if (cursor === null) return EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
    const { state, watch } = cursor.session();
    const analysis: Analysis = context.interruption.atOnce(() =>
      analyse({ state, watch: watch ?? createWatch(header) }, { minScore, symptom }),
    );
    if (options.digest) context.out.json(digestObject(analysis, takeSnapshot(state)));
    else if (options.json) context.out.json(analysisObject(analysis, header));
    else context.out.lines(analysisLines(analysis, header, minScore));
    return 0;
  } finally {
    recording.close();
  }
};

/** Metrics may have colons themselves: a PID is what stands behind the last one, if the rest is a metric. */
const readSymptom = (text: string | null, metrics: readonly MetricDescriptor[]): SymptomQuery | null => {
  if (text === null) return null;
  const known = metrics.map(({ id }) => id);
  if (known.includes(text)) return { metric: text, pid: null };
  const [, metric, pid] = /^(.+):(\d{1,10})$/.exec(text) ?? [];
  const name = checkMetric(metric ?? text, known) ?? '';
  return { metric: name, pid: pid === undefined ? null : Number(pid) };
};
