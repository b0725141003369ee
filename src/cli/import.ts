/** `stallscope import`: a recording from what other tools have written, so that it can be analysed and replayed. */
import { setImmediate } from 'node:timers/promises';
import { checkpointOf } from '../core/checkpoint.ts';
import { fold } from '../core/fold.ts';
import { createState } from '../core/state.ts';
import { failure } from '../errors.ts';
import { createRecorder } from '../sinks/recorder.ts';
import { readLongCsv, type Unreadable } from '../sources/foreign/long-csv.ts';
import { type ForeignHost, type PointTable, recordingOf } from '../sources/foreign/points.ts';
import { readSadf } from '../sources/foreign/sadf.ts';
import type { Context } from './context.ts';
import { EXIT_OF } from './interruption.ts';
import { invokerOf } from './trace.ts';

export type ImportOptions = {
  readonly file: string;
  readonly format: string | null;
  readonly output: string;
  readonly force: boolean;
};

type Read = { readonly table: PointTable; readonly host: ForeignHost } | Unreadable;

const FORMATS: Readonly<Record<string, (path: string) => Promise<Read>>> = {
  csv: async (path) => {
    const table = await readLongCsv(path);
    return 'why' in table ? table : { table, host: {} };
  },
  sadf: async (path) => readSadf(path),
};

export const FORMAT_NAMES: readonly string[] = Object.keys(FORMATS);

export const importForeign = async (context: Context, options: ImportOptions): Promise<number> => {
  const format = options.format ?? (/\.json$/i.test(options.file) ? 'sadf' : 'csv');
  const reader = FORMATS[format];
  if (reader === undefined) {
    throw failure('E_USAGE', {
      fact: `There is no format "${format}": ${FORMAT_NAMES.join(' or ')}.`,
      command: 'stallscope import',
    });
  }
  const read = await readable(options.file, reader);
  const foreign = recordingOf(read.table, read.host, context.version);
  const recorder = createRecorder({
    path: options.output,
    overwrite: options.force,
    owner: invokerOf(context.env),
  });
  const state = createState(foreign.header);
  // Only for checkpoints: whoever opens it will look for spikes then.
  state.unwatched = true;
  recorder.begin(foreign.header, () => checkpointOf(state));
  let written = 0;
  for (const record of foreign.records) {
    if (context.interruption.reason() !== null) break;
    recorder.write(record);
    fold(state, record);
    written += 1;
    if (written % 16 === 0) await setImmediate();
    await recorder.room();
  }
  await recorder.end();
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  const { records, dropped, problem } = recorder.status();
  if (problem !== null || dropped > 0)
    throw failure('E_OUTPUT_CREATE', {
      path: options.output,
      why: problem ?? `${dropped} records were dropped`,
    });
  context.stderr.write(
    `stallscope: wrote ${options.output}: ${records} records, ${foreign.metrics} metrics, ${foreign.processes} processes\n` +
      `  Look at it: stallscope analyze ${options.output}\n`,
  );
  return 0;
};

const readable = async (
  path: string,
  reader: (path: string) => Promise<Read>,
): Promise<Exclude<Read, Unreadable>> => {
  let read: Read;
  try {
    read = await reader(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT') throw failure('E_IMPORT', { path, why: 'there is no such file' }, error);
    throw failure('E_FILE_UNREADABLE', { path, why: code }, error);
  }
  if ('why' in read) throw failure('E_IMPORT', { path, why: `line ${read.line}: ${read.why}` });
  return read;
};
