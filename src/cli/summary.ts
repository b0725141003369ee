/** `stallscope summary`: a whole recording on one page, or as one JSON object. */
import { setImmediate } from 'node:timers/promises';
import { fold } from '../core/fold.ts';
import { createState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import { createRecordingSource, openRecording } from '../sources/recording.ts';
import { summaryLines, summaryObject } from '../views/report/summary.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { checkMetric } from './metric.ts';
import { printLines } from './print.ts';

export type SummaryOptions = { readonly file: string; readonly json: boolean; readonly sort: string | null };

export const summary = async (context: Context, options: SummaryOptions): Promise<number> => {
  const recording = openRecording(options.file);
  try {
    const sort = checkMetric(
      options.sort,
      recording.header.metrics.map(({ id }) => id),
    );
    const state = createState(recording.header);
    const source = createRecordingSource(recording);
    context.interruption.onRequest(source.stop);
    for await (const record of source.records()) fold(state, record);
    await setImmediate();
    const signal = context.interruption.reason();
    if (signal !== null) return EXIT_OF[signal];
    const snapshot = takeSnapshot(state);
    printLines(
      context.stdout,
      options.json ? [JSON.stringify(summaryObject(snapshot))] : summaryLines(snapshot, options.file, sort),
    );
    return 0;
  } finally {
    recording.close();
  }
};
