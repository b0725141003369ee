/** One recording of what was read of one host. */
import { setImmediate } from 'node:timers/promises';
import { failure } from '../../errors.ts';
import { type Foreign, recordingOf } from '../../foreign/foreign-recording.ts';
import { FORMATS } from '../../foreign/formats.ts';
import { mergeSources } from '../../foreign/merge.ts';
import type { PointTable, Stretch } from '../../foreign/point-table.ts';
import { createRecorder } from '../../recording/write/recorder.ts';
import { checkpointOf, createSession, foldInto } from '../../session/session.ts';
import type { Context } from '../context.ts';
import { invokerOf } from '../invoker.ts';
import { say } from '../say.ts';
import type { HostSources } from './hosts.ts';
import type { Skipped, Taken } from './take.ts';

export type Destination = { readonly path: string; readonly force: boolean };

/** False when it was interrupted. */
export const writeHost = async (
  context: Context,
  { host, sources }: HostSources,
  { path, force }: Destination,
): Promise<boolean> => {
  const { used: ranked, skipped } = chosen(sources);
  const coarse = ranked.length === 1 && ranked[0]?.table.everyUs != null ? undefined : coarseOf(ranked);
  const { table, foreign } = context.interruption.atOnce(() => {
    const table = mergeSources(
      ranked.map(({ name, format, table }) => ({ name, family: format.family, table })),
    );
    const from = [...new Set(ranked.map(({ format }) => format.id))].join(', ');
    return { table, foreign: recordingOf(table, { from, host, coarse }, context.version) };
  });
  const records = await record(context, foreign, { path, force });
  if (records === null) return false;
  say(
    context,
    `wrote ${path}: ${records} records, ${foreign.metrics} metrics, ${foreign.processes} processes`,
    ...(ranked.length > 1
      ? ranked.map(({ name, format, table }) => `used ${name}: ${format.id}, ${coarsenessOf(table)}`)
      : []),
    ...skipped.map(({ name, why }) => `skipped ${name}: ${why}`),
    ...caveats(table, foreign),
    `Look at it: stallscope analyze ${path}`,
  );
  return true;
};

/** What can be put on one timeline. */
const chosen = (
  sources: readonly Taken[],
): { readonly used: readonly Taken[]; readonly skipped: readonly Skipped[] } => {
  const hasInstants = sources.some(({ format }) => format.id.startsWith('sadf'));
  const skipped = new Map<Taken, string>();
  for (const source of sources) {
    if (source.isUnanchored === true)
      skipped.set(source, 'its times are since a boot, and nothing says when that was (--boot-time)');
    // A support report has both of one file, and an hour apart they would be two.
    if (source.isLocal === true && source.format.id === 'sar' && hasInstants)
      skipped.set(source, 'its times are local, and sadf has sysstat with its zone (--timezone)');
  }
  if (skipped.size === sources.length) skipped.delete(sources[0] as Taken);
  return {
    used: rank(sources.filter((source) => !skipped.has(source))),
    skipped: [...skipped].map(([{ name }, why]) => ({ name, why })),
  };
};

/** The first is taken where two have the same: by format, and of logs the one that reaches furthest. */
const rank = (sources: readonly Taken[]): Taken[] => {
  const place = ({ format }: Taken): number => FORMATS.indexOf(format);
  return [...sources].sort(
    (a, b) => place(a) - place(b) || reachOf(b.table.covered) - reachOf(a.table.covered),
  );
};

const reachOf = (covered: readonly Stretch[]): number =>
  covered.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);

const coarsenessOf = ({ everyUs }: PointTable): string =>
  everyUs === null ? 'as logged' : `every ${seconds(everyUs)} s`;

const coarseOf = (sources: readonly Taken[]): string => {
  const parts = new Set(sources.map(({ format, table }) => `${format.id} ${coarsenessOf(table)}`));
  return [...parts].slice(0, 12).join('; ');
};

const seconds = (us: number): number => Math.round(us / 1000) / 1000;

/** How many records; null when it was interrupted. */
const record = async (
  context: Context,
  foreign: Foreign,
  { path, force }: Destination,
): Promise<number | null> => {
  const recorder = createRecorder({ path, overwrite: force, owner: invokerOf(context.env) });
  // Only for checkpoints: whoever opens it will look for spikes then.
  const session = createSession(foreign.header, { watched: false });
  recorder.begin(foreign.header, () => checkpointOf(session));
  let written = 0;
  for (const one of foreign.records) {
    if (context.interruption.reason() !== null || recorder.status().problem !== null) break;
    recorder.write(one);
    foldInto(session, one);
    written += 1;
    if (written % 16 === 0) await setImmediate();
    await recorder.room();
  }
  await recorder.end();
  if (context.interruption.reason() !== null) return null;
  const { records, dropped, problem } = recorder.status();
  if (problem !== null || dropped > 0)
    throw failure('E_RECORDING_CUT', { path, why: problem ?? `${dropped} records were dropped` });
  return records;
};

const MOST_CAVEATS = 20;

/** What whoever reads the recording has to know, in lines. */
const caveats = ({ leftOut, events }: PointTable, { header }: Foreign): readonly string[] => {
  const { intervalMs, imported } = header;
  const lines = [
    imported?.coarse === undefined
      ? `one sample in ${intervalMs / 1000} s: nothing shorter can be seen`
      : `${imported.coarse}: nothing shorter can be seen`,
    ...(events.us.length > 0
      ? ['of a log: what the kernel did not write, or wrote less often, is not known']
      : []),
    ...(imported?.notes ?? []),
    ...[...leftOut].map(([why, values]) => `left out ${values}: ${why}`),
  ];
  const more = lines.length - MOST_CAVEATS;
  return more > 0
    ? [...lines.slice(0, MOST_CAVEATS), `and ${more} more such lines: stallscope summary`]
    : lines;
};
