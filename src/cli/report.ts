/** `stallscope report`: a recording as one page to send: verdict, proof, timeline, and how complete it is. */
import { basename } from 'node:path';
import type { Snapshot } from '../core/snapshot.ts';
import { MAX_ENTITIES } from '../core/state.ts';
import { type Analysis, analyse } from '../insight/analysis.ts';
import { SPIKE } from '../insight/params.ts';
import { createWatch } from '../insight/watch.ts';
import { redacted } from '../recording/read/redacted.ts';
import type { Comparison, Recorded } from '../report/html/material.ts';
import { pageText } from '../report/html/page.ts';
import { createCollector, type Timeline } from '../report/html/series.ts';
import { wantedBy } from '../report/html/wanted.ts';
import { createCursor } from '../session/cursor.ts';
import { marksOf } from '../session/marks.ts';
import type { Recording } from '../session/ports.ts';
import { compareAround, momentOf } from './compare.ts';
import type { Context } from './context.ts';
import { filesRead } from './digest.ts';
import { EXIT_OF } from './interruption.ts';
import { invokerOf } from './invoker.ts';
import { pageAssets } from './page-assets.ts';
import { reportProgress } from './progress.ts';
import { foldThrough, readRecording } from './read-recording.ts';
import { say } from './say.ts';
import { shippedNames } from './shipped.ts';
import { inSteps } from './steps.ts';
import { refuseToOverwrite, writeWhole } from './whole-file.ts';

export type ReportOptions = {
  readonly file: string;
  /** `-` is stdout. */
  readonly output: string;
  readonly force: boolean;
  readonly redact: boolean;
  /** What before and after are compared around; null: the only mark, where there is one. */
  readonly mark: string | null;
  readonly at: string | null;
  readonly window: string | null;
};

export const report = async (context: Context, options: ReportOptions): Promise<number> => {
  const { output, force } = options;
  if (output !== '-') refuseToOverwrite(output, force);
  const opened = await readRecording(context, options.file);
  const recording = options.redact ? redacted(opened, shippedNames()) : opened;
  try {
    const text = await pageOf(context, recording, options);
    if (text === null) return EXIT_OF[context.interruption.reason() ?? 'SIGINT'];
    if (output === '-') context.out.write(text);
    else {
      writeWhole(output, text, { force, owner: invokerOf(context.env) });
      say(context, `wrote ${output}: open it in a browser`);
    }
    return 0;
  } finally {
    recording.close();
  }
};

/** null when it was interrupted. */
const pageOf = async (
  context: Context,
  recording: Recording,
  options: ReportOptions,
): Promise<string | null> => {
  const progress = reportProgress(context, options.file, recording.samples());
  // Marks stand anywhere in it: all of it is looked through.
  const [moment, marks] = context.interruption.atOnce(() => [
    momentOf(recording, options),
    marksOf(recording),
  ]);
  const analysis = await analysisOf(context, recording, progress.watch('analysing'));
  if (analysis === null) return null;
  const counted = await countedOf(context, recording, analysis, progress.watch('counting'));
  if (counted === null) return null;
  const comparison =
    moment === null ? undefined : await compareAround(context, recording, moment, options.window);
  if (comparison === null) return null;
  const recorded = await recordedOf(context, options);
  if (recorded === null) return null;
  const material = {
    version: context.version,
    recorded,
    analysis,
    ...counted,
    marks,
    comparison:
      comparison === undefined || moment === null ? null : ({ ...comparison, ...moment } as Comparison),
  };
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return context.interruption.atOnce(() => pageText(material, pageAssets(), zone));
};

/** As `analyze` has it. */
const analysisOf = async (
  context: Context,
  recording: Recording,
  passed: () => void,
): Promise<Analysis | null> => {
  const cursor = await foldThrough(context, recording, { eventScore: SPIKE.eventScore }, passed);
  if (cursor === null) return null;
  const { state, watch } = cursor.session();
  return context.interruption.atOnce(() =>
    analyse(
      { state, watch: watch ?? createWatch(recording.header) },
      { minScore: SPIKE.eventScore, symptom: null },
    ),
  );
};

/** As `summary` has it, and on the way the signals that the analysis makes worth drawing. */
const countedOf = async (
  context: Context,
  recording: Recording,
  analysis: Analysis,
  passed: () => void,
): Promise<{ readonly snapshot: Snapshot; readonly timeline: Timeline } | null> => {
  const { header } = recording;
  const samples = recording.samples();
  const collector = createCollector({
    header,
    startUs: header.clock.bootUs,
    endUs: recording.endUs(),
    samples,
    wanted: wantedBy(analysis, header),
  });
  const cursor = createCursor(recording, { watched: false, endedRows: MAX_ENTITIES, exact: true });
  let sample = 0;
  const isWhole = await inSteps(context, () => {
    cursor.foldTo(sample);
    if (sample < samples) collector.look(cursor.session().state);
    sample += 1;
    passed();
    return sample <= samples;
  });
  if (!isWhole) return null;
  return context.interruption.atOnce(() => ({
    snapshot: cursor.moveTo(samples),
    timeline: collector.timeline(),
  }));
};

const recordedOf = async (context: Context, { file, redact }: ReportOptions): Promise<Recorded | null> => {
  const files = await filesRead(context, file);
  if (files === null) return null;
  return {
    name: file === '-' ? 'FILE' : basename(file),
    files: redact ? files.map((one, index) => ({ ...one, name: `file ${index + 1}` })) : files,
    redacted: redact,
  };
};
