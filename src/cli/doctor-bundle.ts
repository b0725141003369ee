/**
 * `doctor --bundle FILE`: what a report of a bug needs, in one file of plain JSON, so that whoever sends it can read it
 * first. What comes from outside is left out, or is a word of ours: names of hosts, users and processes, paths, addresses,
 * arguments, probes of one's own.
 */
import { hostname, userInfo } from 'node:os';
import { home } from '../assets/here.ts';
import { ERRORS } from '../errors.ts';
import { kernelVersion, toolVersion } from '../recording/safe-list.ts';
import { type DoctorReport, doctorObject } from '../report/doctor.ts';
import type { KeptRun } from './journal-file.ts';

export type BundleSources = {
  readonly version: string;
  readonly kernel: string;
  readonly bpftrace: string | null;
  readonly report: DoctorReport;
  readonly runs: readonly KeptRun[];
  /** Ids of the bundled probes. */
  readonly probes: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
};

export const bundleOf = (sources: BundleSources): object => {
  const { version, kernel, bpftrace, runs, probes, env } = sources;
  const clean = scrubber(env);
  const { pythons = [], ...report } = sources.report;
  return {
    format: 'stallscope-bundle',
    version: 1,
    versions: {
      stallscope: toolVersion(version),
      node: process.version,
      kernel: kernelVersion(kernel),
      arch: process.arch,
      bpftrace: bpftrace === null ? null : toolVersion(bpftrace),
    },
    doctor: cleanAll({ ...doctorObject(report), interpreters: pythons.length }, clean),
    runs: runs.map((run) => run.map((entry) => cleanEntry(entry, probes, clean))),
  };
};

type Clean = (text: string) => string;

const WITHHELD = '…';
/** What bpftrace or Node says, which is about our scripts and our code. */
const WITH_MESSAGE: ReadonlySet<unknown> = new Set([
  'E_BUG',
  'E_PROBE_COMPILE',
  'E_PROBE_ATTACH',
  'E_TRACER_TIMEOUT',
]);
/** Of what we say while we run, what has no name in it. */
const OUR_STATUS =
  /^(?:attaching [a-z0-9, -]+|[a-z-]+: over the budget: [\w %.,]+|tracing restarts in [\w ]+|own memory is [\w .,:]+)$/;

const cleanEntry = (entry: KeptRun[number], probes: readonly string[], clean: Clean): object => {
  const facts = { ...entry } as Record<string, unknown>;
  if (entry.event === 'status' && !OUR_STATUS.test(String(facts.text))) facts.text = WITHHELD;
  if (entry.event === 'probe' && !probes.includes(String(facts.id)))
    Object.assign(facts, { id: 'own', variant: WITHHELD, reason: WITHHELD });
  if (entry.event === 'error' && !WITH_MESSAGE.has(facts.code) && typeof facts.code === 'string')
    facts.message = ERRORS[facts.code as keyof typeof ERRORS]?.what ?? WITHHELD;
  if (typeof facts.stack === 'string') facts.stack = framesOf(facts.stack);
  if (entry.event === 'start' && !/^[a-z]+$/.test(String(facts.command))) facts.command = WITHHELD;
  return cleanAll(facts, clean) as object;
};

/** Without the message before them, which stands beside it where it may. */
const framesOf = (stack: string): readonly string[] =>
  stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '));

const cleanAll = (value: unknown, clean: Clean): unknown => {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((one) => cleanAll(one, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleanAll(one, clean)]));
};

/** Places of any system. */
const KNOWN_PLACE =
  /^\/(?:sys\/kernel(?:\/[\w.-]+)*|proc\/(?:sys|self)(?:\/[\w.-]+)*|usr\/s?bin\/(?:bpftrace|setpriv))$/;

const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    // Nobody of that number is known here.
    return '';
  }
};

const scrubber = (env: BundleSources['env']): Clean => {
  const names = [hostname(), userName(), env.SUDO_USER]
    .filter((name): name is string => name !== undefined && name.length > 1 && name !== 'root')
    .map((name) => new RegExp(`(?<![\\w-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'gi'));
  return (text) =>
    names
      .reduce(
        (sum, name) => sum.replace(name, WITHHELD),
        text.replaceAll(`file://${home}`, '').replaceAll(home, ''),
      )
      // Node quotes what it could not read.
      .replace(/(["'`])((?:(?!\1)[^\n])*)\1/g, (all, quote: string, inner: string) =>
        /^[\w.$ :-]{1,40}$/.test(inner) ? all : `${quote}${WITHHELD}${quote}`,
      )
      .replace(/(?<![\w.…])\/[^\s'"`,;:()[\]]+/g, (path) => (KNOWN_PLACE.test(path) ? path : `/${WITHHELD}`))
      .replace(/\b(\d+\.\d+\.\d+)[-+~][\w.+~-]+/g, `$1-${WITHHELD}`)
      .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*\b/gi, WITHHELD);
};
