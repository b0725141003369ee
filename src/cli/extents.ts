/** `stallscope extents`: in how many extents files lie, the most first, what has grown, and what helps. */

import { availableParallelism, hostname, release, totalmem } from 'node:os';
import type { HostIdentity } from '../core/record.ts';
import { asJson, asLine } from '../core/safe-text.ts';
import { failure } from '../errors.ts';
import { countFiles } from '../extents/count-files.ts';
import { createLeftOut, type LeftOut } from '../extents/left-out.ts';
import { byExtents, type Counted, type ExtentsReport, type Openers, reportOf } from '../extents/report.ts';
import { type Found, walk } from '../extents/walk.ts';
import { systemProgram } from '../host/ask.ts';
import { countExtents, missingCounter } from '../host/extents.ts';
import { findOpeners } from '../host/openers.ts';
import { readHostSettings } from '../host/settings.ts';
import { extentsObject } from '../report/extents/object.ts';
import { extentsMetrics } from '../report/extents/openmetrics.ts';
import { extentsLines } from '../report/extents/page.ts';
import type { Context } from './context.ts';
import { readSeries, writeSeries } from './extents-into.ts';
import { readState, statePath, writeState } from './extents-state.ts';
import { EXIT_OF, isSignal } from './interruption.ts';
import { globMatcher } from './options.ts';
import { say } from './say.ts';
import { inSteps } from './steps.ts';
import { writeWhole } from './whole-file.ts';

export type ExtentsOptions = {
  readonly paths: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly depth: number;
  readonly maxFiles: number;
  readonly minBytes: number;
  readonly top: number;
  readonly timeoutMs: number;
  readonly perSecond: number;
  readonly format: ExtentsFormat;
  /** null for stdout. */
  readonly output: string | null;
  /** The recording of all reports; null for none. */
  readonly into: string | null;
  /** null for the usual place. */
  readonly state: string | null;
};

export const EXTENTS_FORMATS = ['text', 'json', 'openmetrics'] as const;
export type ExtentsFormat = (typeof EXTENTS_FORMATS)[number];

const TEXT_OF: Readonly<Record<ExtentsFormat, (report: ExtentsReport) => string>> = {
  text: (report) => extentsLines(report).map(asLine).join('\n'),
  json: (report) => asJson(extentsObject(report)),
  openmetrics: (report) => extentsMetrics(report).map(asLine).join('\n'),
};

export const extents = async (context: Context, options: ExtentsOptions): Promise<number> => {
  const missing = missingCounter(context.files);
  if (missing !== null) throw failure('E_EXTENTS_PROGRAMS', { command: missing });
  const path = options.state ?? statePath(context.env);
  const earlier = context.interruption.atOnce(() => readState(path));
  const series =
    options.into === null ? null : context.interruption.atOnce(() => readSeries(options.into ?? ''));
  const left = createLeftOut();
  const found = await find(context, options, left);
  const counted = await count(context, options, found, left);
  const shown = [...counted].sort(byExtents).slice(0, options.top);
  const rest = counted.length - shown.length;
  if (rest > 0)
    left.add(`counted, but fewer extents than the first ${options.top} (--top)`, 'not listed', rest);
  const openers = await whoHasOpen(context, shown, found);
  const problem = path === null ? null : writeState(path, earlier, counted, context.env);
  if (problem !== null) say(context, problem);
  const atMs = Date.now();
  if (series !== null && options.into !== null && !isOver(context))
    await writeSeries(context, options.into, series, { counted, atMs, host: hostOf(context) });
  const report: ExtentsReport = {
    atMs,
    files: shown.map((one) => reportOf(one, earlier.get(one.path), openers.get(one.path))),
    leftOut: left.list(),
    notes: notesOf(context),
  };
  return give(context, options, report);
};

const hostOf = ({ files }: Context): HostIdentity => ({
  hostname: hostname(),
  kernel: release(),
  arch: process.arch,
  cpus: availableParallelism(),
  memoryBytes: totalmem(),
  ...readHostSettings(files),
});

const isOver = ({ interruption }: Context): boolean => interruption.reason() !== null;

const find = async (context: Context, options: ExtentsOptions, left: LeftOut): Promise<readonly Found[]> => {
  const [include, exclude] = [options.include.map(globMatcher), options.exclude.map(globMatcher)];
  const isWanted = (name: string): boolean =>
    (include.length === 0 || include.some((matches) => matches(name))) &&
    !exclude.some((matches) => matches(name));
  try {
    return await walk(options.paths, { ...options, isWanted }, left, () => isOver(context));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw failure(
      'E_EXTENTS_PATH',
      { path, why: code === 'ENOENT' ? 'there is no such file or directory' : code },
      error,
    );
  }
};

const count = async (
  context: Context,
  { timeoutMs, perSecond }: ExtentsOptions,
  found: readonly Found[],
  left: LeftOut,
): Promise<readonly Counted[]> => {
  const { files, interruption, stderr } = context;
  const asked = new AbortController();
  interruption.onRequest(() => asked.abort());
  const { signal } = asked;
  const counted = await countFiles(
    found,
    {
      perSecond,
      timeoutMs,
      signal,
      count: (link) => countExtents(files, link, { timeoutMs, signal, idle: true }),
      nowMs: Date.now,
      progress: (done, all) => {
        if (stderr.isTTY === true) stderr.write(`\r\u001b[K${done} of ${all} files`);
      },
    },
    left,
  );
  if (stderr.isTTY === true) stderr.write('\r\u001b[K');
  return counted;
};

const whoHasOpen = async (
  context: Context,
  shown: readonly Counted[],
  found: readonly Found[],
): Promise<Openers> => {
  const paths = new Set(shown.map(({ path }) => path));
  const search = findOpeners(
    context.files,
    found.filter(({ path }) => paths.has(path)),
  );
  let openers: Openers = new Map();
  await inSteps(context, () => {
    const step = search.next();
    if (step.done === true) openers = step.value;
    return step.done !== true;
  });
  return openers;
};

const notesOf = ({ files }: Context): string[] => [
  ...(process.getuid?.() === 0 ? [] : ['who has files open was asked of processes of this user only']),
  ...(systemProgram(files, 'ionice') === null
    ? ['ionice was not found: the walks had usual priority for the disk']
    : []),
];

const give = (context: Context, { format, output }: ExtentsOptions, report: ExtentsReport): number => {
  const { out, interruption } = context;
  const reason = interruption.reason();
  const text = TEXT_OF[format](report);
  // Half a report in place of a whole one would look like files that are gone.
  if (output === null) out.write(`${text}\n`);
  else if (reason === null) put(output, `${text}\n`);
  else say(context, `interrupted: ${output} is as it was`);
  return reason !== null && isSignal(reason) ? EXIT_OF[reason] : 0;
};

/** For others to read: a collector runs as another user. */
const put = (path: string, text: string): void =>
  writeWhole(path, text, { force: true, owner: null, mode: 0o644 });
