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
  const error = failure(attach ? 'E_PROBE_ATTACH' : 'E_PROBE_COMPILE', { probe: probe ?? 'iomap', detail });
  return { probe, error };
};

const ownerOf = (script: TracerScript, lines: readonly string[]): string | null => {
  if (lines.some((line) => WHOLE_SCRIPT.test(line))) return null;
  for (const line of lines) {
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
