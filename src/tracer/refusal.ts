/** What bpftrace says on stderr when it cannot run a script, turned into our error with its caret lines. */
import { failure, type StallscopeError } from '../errors.ts';
import type { TracerScript } from '../session/ports.ts';

export type Refusal = {
  /** The probe whose lines bpftrace complains about; null when it names none of ours. */
  readonly probe: string | null;
  /** Where several have a clause at the place it complains about: all of them. Which one is meant it does not say. */
  readonly among: readonly string[];
  readonly error: StallscopeError;
};

/** Said on hosts where all is well: no reason for anything. */
const HARMLESS = [
  /couldn't set RLIMIT_MEMLOCK/,
  /^__BPFTRACE_NOTIFY/,
  /is deprecated/i,
  /Addrspace mismatch/,
];

const MAX_DETAIL_LINES = 12;

/** Lines of stderr that mean something, trimmed and bounded. */
export const tellingLines = (stderr: string): string[] =>
  stderr
    .split('\n')
    .map((line) => line.trimEnd().slice(0, 300))
    .filter((line) => line !== '' && !HARMLESS.some((pattern) => pattern.test(line)));

/** bpftrace, and the compiler in it, warn of much that is no reason for anything, each time with the lines it is about. */
const WARNING = /(?:\bwarning|\bWARNING|\bnote): |^In file included from |^\d+ warnings? generated/;
/** A place in a line above, as both of them draw it. */
const UNDERLINE = /^[\s\d|]*[~^][\s~^]*$/;
const ERROR = /error|failed|cannot/i;
const MOST_QUOTED = 3;
const COMPLAINT_LINES = 3;

/** Why a tracer that ran has ended, as far as it said; empty when it said nothing of that. */
export const complaintOf = (stderr: string): string =>
  withoutQuotes(withoutWarnings(tellingLines(stderr)))
    .slice(-COMPLAINT_LINES)
    .join(' | ');

const withoutWarnings = (lines: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (!WARNING.test(line)) {
      kept.push(line);
      continue;
    }
    const quoted = lines.slice(at + 1, at + 1 + MOST_QUOTED).findIndex((next) => UNDERLINE.test(next));
    at += quoted + 1;
  }
  return kept;
};

/** Lines of the script are no reason either: those of warnings that are drawn in another way, or whose head was cut off. */
const withoutQuotes = (lines: readonly string[]): string[] =>
  lines.filter(
    (line, at) => !UNDERLINE.test(line) && (!UNDERLINE.test(lines[at + 1] ?? '') || ERROR.test(line)),
  );

/**
 * `stdin:12:3-9: ERROR: …`, or `stdin:11-12: ERROR: …` when it begins at the end of the clause before; the script's
 * own name differs between versions, the line numbers do not. The last line is the one complained about.
 */
const PLACE = /^\S*?:(?:\d+-)?(\d+)(?::\d+)?(?:-\d+)?: (?:ERROR|WARNING)/;
/** `stdin:1-525: ERROR: failed to build`, followed by all of it: no line of any probe is meant. */
const WHOLE_SCRIPT = /^[^:\s]+:1-\d+: ERROR: failed to build/;
/** A probe that could not be attached is named by its attach point. */
const ATTACH_POINT =
  /\b((?:tracepoint|kprobe|kretprobe|kfunc|kretfunc|fentry|fexit|rawtracepoint|uprobe|uretprobe|software|usdt):[\w.:/*+-]+)/;

/** Compile and attach differ in what helps: 255 is bpftrace's status for attach failures, 1 for everything before. */
export const refusalOf = (script: TracerScript, stderr: string, code: number | null): Refusal => {
  const lines = tellingLines(stderr);
  const owners = ownersOf(script, lines);
  const probe = owners.length === 1 ? (owners[0] ?? null) : null;
  const among = owners.length > 1 ? owners : [];
  const attach = code === 255 || lines.some((line) => /attach/i.test(line));
  const detail = indent(detailOf(lines));
  if (attach) {
    const named = probe ?? (among.length > 0 ? `one of ${among.join(', ')}` : UNNAMED.attach);
    return { probe, among, error: failure('E_PROBE_ATTACH', { probe: named, detail }) };
  }
  return {
    probe,
    among,
    error: failure('E_PROBE_COMPILE', {
      probe: probe ?? UNNAMED.compile,
      see:
        probe === null
          ? 'which one runs by itself: stallscope live --probe ID'
          : `the script: stallscope probes show ${probe}`,
      detail,
    }),
  };
};

/** Warnings are about other places, and often about other probes. */
const detailOf = (lines: readonly string[]): readonly string[] => {
  const meant = lines.some((line) => WHOLE_SCRIPT.test(line)) ? lines : withoutWarnings(lines);
  const kept = meant.length > 0 ? meant : lines;
  return kept.length > 0 ? kept.slice(0, MAX_DETAIL_LINES) : ['(bpftrace gave no reason)'];
};

/** Where the complaint belongs to no probe, none is accused. */
const UNNAMED = {
  compile: 'all probes together, at no place of any of them',
  attach: 'all probes, and did not say which is at fault',
} as const;

const ownersOf = (script: TracerScript, lines: readonly string[]): readonly string[] => {
  if (lines.some((line) => WHOLE_SCRIPT.test(line))) return [];
  // A warning that stands before the error is about another place.
  const errors = lines.filter((line) => /: ERROR/.test(line));
  for (const line of [...errors, ...lines]) {
    const place = PLACE.exec(line);
    const owner = place === null ? null : script.ownerOfLine(Number(place[1]));
    if (owner !== null) return [owner];
  }
  for (const line of lines) {
    const owners = ownersOfPoint(script, ATTACH_POINT.exec(line)?.[1]);
    if (owners.length > 0) return owners;
  }
  return [];
};

/** Scripts are assembled with one attach point a line; several probes may have a clause at the same. */
const ownersOfPoint = (script: TracerScript, point: string | undefined): readonly string[] => [
  ...new Set(
    script.script.split('\n').flatMap((text, index) => {
      const owner = text.replace(/,$/, '') === point ? script.ownerOfLine(index + 1) : null;
      return owner === null ? [] : [owner];
    }),
  ),
];

const indent = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');
