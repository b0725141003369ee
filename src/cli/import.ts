/** `stallscope import`: a recording from what other tools have written, so that it can be analysed and replayed. */
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { failure, isFailure } from '../errors.ts';
import { type Foreign, type ForeignHost, recordingOf } from '../foreign/foreign-recording.ts';
import { readLongCsv } from '../foreign/long-csv.ts';
import type { PointTable, Unreadable } from '../foreign/point-table.ts';
import { readSadf } from '../foreign/sadf.ts';
import { type Zone, zoneOf } from '../foreign/zone.ts';
import { createRecorder } from '../recording/write/recorder.ts';
import { checkpointOf, createSession, foldInto } from '../session/session.ts';
import type { Context } from './context.ts';
import { openInput } from './input.ts';
import { EXIT_OF } from './interruption.ts';
import { invokerOf } from './invoker.ts';
import { say } from './say.ts';
import { unlessInterrupted } from './steps.ts';

export type ImportOptions = {
  readonly file: string;
  readonly format: string | null;
  /** What times without a zone are in; null: UTC. */
  readonly timezone: string | null;
  readonly output: string;
  readonly force: boolean;
};

type Read = { readonly table: PointTable; readonly host: ForeignHost } | Unreadable;

type Reader = (input: Readable, zone: Zone | null) => Promise<Read>;

const FORMATS: Readonly<Record<string, Reader>> = {
  csv: async (input, zone) => {
    const table = await readLongCsv(input, zone);
    return 'why' in table ? table : { table, host: {} };
  },
  sadf: async (input, zone) => {
    const text = await wholeText(input);
    return text === null ? { where: 'its end', why: 'it is longer than 256 MiB' } : readSadf(text, zone);
  },
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
  const zone = options.timezone === null ? null : zoneAsked(options.timezone);
  const read = await readable(options.file, () =>
    unlessInterrupted(context, reader(openInput(options.file), zone)),
  );
  const foreign = context.interruption.atOnce(() =>
    recordingOf(read.table, { from: format, host: read.host }, context.version),
  );
  const recorder = createRecorder({
    path: options.output,
    overwrite: options.force,
    owner: invokerOf(context.env),
  });
  // Only for checkpoints: whoever opens it will look for spikes then.
  const session = createSession(foreign.header, { watched: false });
  recorder.begin(foreign.header, () => checkpointOf(session));
  let written = 0;
  for (const record of foreign.records) {
    if (context.interruption.reason() !== null || recorder.status().problem !== null) break;
    recorder.write(record);
    foldInto(session, record);
    written += 1;
    if (written % 16 === 0) await setImmediate();
    await recorder.room();
  }
  await recorder.end();
  const signal = context.interruption.reason();
  if (signal !== null) return EXIT_OF[signal];
  const { records, dropped, problem } = recorder.status();
  if (problem !== null || dropped > 0)
    throw failure('E_RECORDING_CUT', {
      path: options.output,
      why: problem ?? `${dropped} records were dropped`,
    });
  say(
    context,
    `wrote ${options.output}: ${records} records, ${foreign.metrics} metrics, ${foreign.processes} processes`,
    ...caveats(read.table, foreign),
    `Look at it: stallscope analyze ${options.output}`,
  );
  return 0;
};

/** What whoever reads the recording has to know, in lines. */
const caveats = ({ leftOut }: PointTable, { header }: Foreign): readonly string[] => [
  `one sample in ${header.intervalMs / 1000} s: nothing shorter can be seen`,
  ...(header.imported?.notes ?? []),
  ...[...leftOut].map(([why, values]) => `left out ${values}: ${why}`),
];

const MOST_TEXT_BYTES = 256 * 1024 * 1024;

/** null when it is too long to be held. */
const wholeText = async (input: Readable): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_TEXT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const zoneAsked = (text: string): Zone => {
  const zone = zoneOf(text);
  if (zone !== null) return zone;
  throw failure('E_USAGE', {
    fact: `"${text}" names no one time zone: UTC, +02:00 or Europe/Berlin.`,
    command: 'stallscope import',
  });
};

const readable = async (path: string, reader: () => Promise<Read>): Promise<Exclude<Read, Unreadable>> => {
  let read: Read;
  try {
    read = await reader();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || isFailure(error) || code === 'ABORT_ERR') throw error;
    if (code === 'ENOENT') throw failure('E_IMPORT', { path, why: 'there is no such file' }, error);
    throw failure('E_FILE_UNREADABLE', { path, why: code }, error);
  }
  if ('why' in read) throw failure('E_IMPORT', { path, why: `${read.where}: ${read.why}` });
  return read;
};
