/** What bpftrace says on stderr when it cannot run a script, turned into our error with its caret lines. */
import { failure, type StallscopeError } from '../errors.ts';
import type { TracerScript } from '../session/ports.ts';

export type Refusal = {
  /** The probe whose lines bpftrace complains about; null when it names none of ours. */
  readonly probe: string | null;
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
const MOST_QUOTED = 3;
const COMPLAINT_LINES = 3;

/** Why a tracer that ran has ended, as far as it said; empty when it said nothing of that. */
export const complaintOf = (stderr: string): string =>
  withoutWarnings(tellingLines(stderr)).slice(-COMPLAINT_LINES).join(' | ');

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
  const probe = ownerOf(script, lines);
  const attach = code === 255 || lines.some((line) => /attach/i.test(line));
  const detail = indent(lines.length > 0 ? lines.slice(0, MAX_DETAIL_LINES) : ['(bpftrace gave no reason)']);
  if (attach) return { probe, error: failure('E_PROBE_ATTACH', { probe: probe ?? UNNAMED.attach, detail }) };
  return {
    probe,
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

/** Where the complaint belongs to no probe, none is accused. */
const UNNAMED = {
  compile: 'all probes together, at no place of any of them',
  attach: 'all probes, and did not say which is at fault',
} as const;

const ownerOf = (script: TracerScript, lines: readonly string[]): string | null => {
  if (lines.some((line) => WHOLE_SCRIPT.test(line))) return null;
  // A warning that stands before the error is about another place.
  const errors = lines.filter((line) => /: ERROR/.test(line));
  for (const line of [...errors, ...lines]) {
    const place = PLACE.exec(line);
    const owner = place === null ? null : script.ownerOfLine(Number(place[1]));
    if (owner !== null) return owner;
  }
  // Scripts are assembled with one attach point a line.
  const attachLines = script.script.split('\n').map((text) => text.replace(/,$/, ''));
  for (const line of lines) {
    const point = ATTACH_POINT.exec(line)?.[1];
    const number = point === undefined ? -1 : attachLines.indexOf(point);
    const owner = number < 0 ? null : script.ownerOfLine(number + 1);
    if (owner !== null) return owner;
  }
  return null;
};

const indent = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n');
