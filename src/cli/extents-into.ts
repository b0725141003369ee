/**
 * `extents --into FILE`: the reports so far as a recording, with this one added. A recording that has ended cannot be added to,
 * and one of a tracer has another clock: it is a recording of its own, written anew beside the old one and put in its place.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { realMsAt } from '../core/clock.ts';
import type { HostIdentity } from '../core/record.ts';
import { failure } from '../errors.ts';
import type { Counted } from '../extents/report.ts';
import { addReport, headerOfSeries, isSeries, recordsOfSeries, type Series } from '../extents/series.ts';
import { openRecording } from '../recording/read/recording.ts';
import { createRecorder } from '../recording/write/recorder.ts';
import { checkpointOf, createSession, foldInto } from '../session/session.ts';
import type { Context } from './context.ts';
import { invokerOf } from './invoker.ts';

/** @throws E_OUTPUT_CREATE where there is a recording of something else, E_FILE_… where it cannot be read */
export const readSeries = (path: string): Series => {
  if (!existsSync(path)) return { metrics: [], samples: [] };
  const recording = openRecording(path);
  try {
    const { header } = recording;
    if (!isSeries(header))
      throw failure('E_OUTPUT_CREATE', {
        path,
        why: 'it is a recording of something else; reports of extents need one of their own',
      });
    const samples = Array.from({ length: recording.samples() }, (_, number) =>
      recording
        .recordsOf(number)
        .flatMap((record) =>
          record.type === 'sample'
            ? [{ realMs: realMsAt(header.clock, record.bootUs), values: record.host }]
            : [],
        ),
    ).flat();
    return { metrics: header.metrics, samples };
  } finally {
    recording.close();
  }
};

export const writeSeries = async (
  context: Context,
  path: string,
  before: Series,
  report: { readonly counted: readonly Counted[]; readonly atMs: number; readonly host: HostIdentity },
): Promise<void> => {
  const series = addReport(before, report.counted, report.atMs);
  // The ending of its name says whether it is packed.
  const beside = join(dirname(path), `.${process.pid}-${basename(path)}`);
  const header = headerOfSeries(series, report.host, context.version);
  const recorder = createRecorder({ path: beside, overwrite: false, owner: invokerOf(context.env) });
  try {
    const session = createSession(header, { watched: false });
    recorder.begin(header, () => checkpointOf(session));
    for (const record of recordsOfSeries(series)) {
      recorder.write(record);
      foldInto(session, record);
      await recorder.room();
    }
    await recorder.end();
    const { problem, dropped } = recorder.status();
    if (problem !== null || dropped > 0)
      throw failure('E_RECORDING_CUT', { path: beside, why: problem ?? `${dropped} records were dropped` });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
};
