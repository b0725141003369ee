/**
 * `stallscope import`: recordings from what other tools have written, one of each host, so that they can be analysed and
 * replayed. Sources are recognised by what is in them, and merged onto one timeline.
 */
import { setImmediate } from 'node:timers/promises';
import { failure, isFailure } from '../../errors.ts';
import { FORMATS } from '../../foreign/formats.ts';
import type { Format } from '../../foreign/source.ts';
import { readStamp } from '../../foreign/stamp.ts';
import { type Zone, zoneOf } from '../../foreign/zone.ts';
import type { Context } from '../context.ts';
import { EXIT_OF } from '../interruption.ts';
import { say } from '../say.ts';
import { unlessInterrupted } from '../steps.ts';
import { byHost, type HostSources } from './hosts.ts';
import { type Found, filesUnder } from './paths.ts';
import { withProgress } from './progress.ts';
import { type Harvest, takeFile, type Wishes } from './take.ts';
import { writeHost } from './write.ts';

export type ImportOptions = {
  readonly paths: readonly string[];
  /** Of the files given by name; null: by what is in them. */
  readonly format: string | null;
  /** What times without a zone are in; null: UTC. */
  readonly timezone: string | null;
  /** When the machine booted whose log counts from there. */
  readonly bootTime: string | null;
  readonly output: string;
  readonly force: boolean;
};

export const importForeign = async (context: Context, options: ImportOptions): Promise<number> => {
  const wishes: Wishes = {
    format: options.format === null ? null : formatAsked(options.format),
    zone: options.timezone === null ? null : zoneAsked(options.timezone),
    bootUs: options.bootTime === null ? null : bootAsked(options.bootTime),
  };
  const harvest: Harvest = { taken: [], skipped: [], unknown: 0 };
  for (const file of filesOf(context, options.paths)) {
    await setImmediate();
    await unlessInterrupted(context, takeFile(harvest, withProgress(context, file), wishes));
  }
  reportSkipped(context, harvest);
  const hosts = byHost(harvest.taken);
  if (hosts.length === 0)
    throw failure('E_IMPORT', { path: options.paths.join(' '), why: whyNothing(harvest) });
  for (const host of hosts) {
    const path = hosts.length === 1 ? options.output : nameOf(options.output, host);
    if (!(await writeHost(context, host, { path, force: options.force }))) break;
  }
  const signal = context.interruption.reason();
  return signal === null ? 0 : EXIT_OF[signal];
};

function* filesOf(context: Context, paths: readonly string[]): Generator<Found> {
  try {
    yield* filesUnder(context, paths);
  } catch (error) {
    const { code, path = paths.join(' ') } = error as NodeJS.ErrnoException;
    if (code === undefined || isFailure(error)) throw error;
    if (code === 'ENOENT') throw failure('E_IMPORT', { path, why: 'there is no such file' }, error);
    throw failure('E_FILE_UNREADABLE', { path, why: code }, error);
  }
}

const MOST_SKIPPED = 20;

const reportSkipped = (context: Context, { skipped, unknown }: Harvest): void => {
  const lines = skipped.slice(0, MOST_SKIPPED).map(({ name, why }) => `${name}: ${why}`);
  if (skipped.length > MOST_SKIPPED) lines.push(`and ${skipped.length - MOST_SKIPPED} more`);
  if (unknown > 0) lines.push(`${unknown} ${unknown === 1 ? 'file' : 'files'} of no format that is known`);
  if (lines.length > 0) say(context, 'skipped:', ...lines);
};

const whyNothing = ({ skipped, unknown }: Harvest): string => {
  const [first] = skipped;
  if (first !== undefined) return `nothing in it could be read; ${first.name}: ${first.why}`;
  return unknown === 0 ? 'it holds no files' : `none of its ${unknown} files is of a format that is known`;
};

/** `out.ndjson` of the host web-1: `out-web-1.ndjson`. */
const nameOf = (output: string, { name }: HostSources): string => {
  const safe = (name ?? 'unnamed').replace(/[^\w.-]/g, '_').slice(0, 100);
  const [, stem = output, ending = ''] = /^(.*?)(\.[^/]*)?$/.exec(output) ?? [];
  return `${stem}-${safe}${ending}`;
};

export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ id }) => id);

const usage = (fact: string): Error => failure('E_USAGE', { fact, command: 'stallscope import' });

const formatAsked = (id: string): Format => {
  const format = FORMATS.find((one) => one.id === id);
  if (format !== undefined) return format;
  throw usage(`There is no format "${id}": ${FORMAT_NAMES.join(', ')}.`);
};

const zoneAsked = (text: string): Zone => {
  const zone = zoneOf(text);
  if (zone !== null) return zone;
  throw usage(`"${text}" names no one time zone: UTC, +02:00 or Europe/Berlin.`);
};

const bootAsked = (text: string): number => {
  const stamp = readStamp(text);
  if (stamp?.kind === 'instant') return stamp.realUs;
  throw usage(`"${text}" is no time of a boot: an ISO time with its zone, or seconds since 1970.`);
};
