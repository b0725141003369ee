/**
 * A variant's .bt file, taken apart. The file is a bpftrace program of its own (`bpftrace probes/x/y.bt` runs it);
 * inside a session it is a fragment: its clauses are put under the common frame, with `TRACED` replaced by the
 * filter. What a fragment must keep to, so that many of them make one exact script:
 *
 * - one attach point names one event: no wildcards, so that the number of probes is known, and every tracepoint or
 *   kernel function is named in the manifest, because a missing one is fatal from bpftrace 0.24;
 * - on user programs, uprobe:PATH:FUNCTION or usdt:PATH:PROVIDER:NAME; with a `target` in the manifest, PATH is its
 *   `written`, which assembly replaces by the files found on this host;
 * - no BEGIN, END or interval: the frame owns time, printing and forgetting. Bodies and predicates keep to a grammar
 *   of their own (fragment-grammar.ts), in which nothing prints, reads files or acts;
 * - each clause is guarded by TRACED, or by a scratch map that a guarded clause has set;
 * - only its own maps, those of the manifest, and `@seen[pid] = 1` for every process it counts.
 *
 * Breaking a rule is E_PROBE_MANIFEST with file and line.
 */
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { programPointOf, programPointProblem } from './attach-point.ts';
import { closingBrace } from './clause-text.ts';
import type { Language } from './fragment-expression.ts';
import { checkBody, checkPredicate } from './fragment-grammar.ts';
import type { Manifest, Variant } from './manifest.ts';
import { readProbeFile } from './probe-file.ts';

export type Clause = {
  readonly attach: readonly string[];
  /** Without its slashes. */
  readonly predicate: string;
  readonly body: string;
  /** Where it begins in its file, 1-based. */
  readonly line: number;
  /** Where its body does. */
  readonly bodyLine: number;
};

/** A probe with the places of its scripts: its folder, or memory. */
type ProbeScripts = {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly scripts?: ReadonlyMap<string, string> | undefined;
};

/**
 * Reads and checks the script of one variant.
 *
 * @throws E_PROBE_MANIFEST
 */
export const readFragment = (
  { manifest, folder, scripts }: ProbeScripts,
  variant: Variant,
): readonly Clause[] =>
  parseFragment(readScript({ manifest, folder, scripts }, variant), manifest, folder, variant);

/** The text of a variant's script as it was written. */
export const readScript = ({ folder, scripts }: ProbeScripts, variant: Variant): string => {
  const made = scripts?.get(variant.file);
  if (made !== undefined) return made;
  try {
    return readProbeFile(join(folder, variant.file));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const why = `the script ${variant.file} of variant "${variant.id}" cannot be read: ${reason}`;
    throw failure('E_PROBE_MANIFEST', { path: folder, why }, cause);
  }
};

/** The same for a script already in memory. */
export const parseFragment = (
  source: string,
  manifest: Manifest,
  folder: string,
  variant: Variant,
): readonly Clause[] => {
  const refuse: Refuse = (line, why) => {
    throw failure('E_PROBE_MANIFEST', { path: folder, why: `${variant.file}:${line}: ${why}` });
  };
  const code = takeDefines(blankComments(source), variant, refuse);
  const clauses = splitClauses(code, refuse);
  if (clauses.length === 0) refuse(1, 'there is no clause in it');
  const language = languageOf(manifest, variant);
  for (const clause of clauses) {
    for (const point of clause.attach) checkAttachPoint(point, clause, variant, refuse);
    checkGuard(clause, manifest, refuse);
    checkPredicate({ text: clause.predicate, line: clause.line }, language, refuse);
    checkBody({ text: clause.body, line: clause.bodyLine }, language, refuse);
  }
  checkMaps(clauses, manifest, variant, refuse);
  checkTarget(clauses, variant, refuse);
  return clauses;
};

/** `category:event` of a tracepoint's attach point, null for any other kind. */
export const tracepointOf = (attachPoint: string): string | null =>
  /^(?:raw)?tracepoint:([A-Za-z0-9_]+:[A-Za-z0-9_]+)$/.exec(attachPoint)?.[1] ?? null;

/** The maps a text uses. */
export const mapsIn = (text: string): ReadonlySet<string> => new Set(text.match(/@[A-Za-z0-9_]*/g) ?? []);

type Refuse = (line: number, why: string) => never;

/** Comments become spaces, so that lines keep their numbers; strings are left alone. */
const blankComments = (source: string): string =>
  source.replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (text) =>
    text.startsWith('"') ? text : text.replace(/[^\n]/g, ' '),
  );

/** The defines give the words their values when the file runs alone; in a session assembly replaces the words. */
const takeDefines = (code: string, variant: Variant, refuse: Refuse): string => {
  const known = new Set(['TRACED', ...(variant.constants ?? []).map((constant) => constant.token)]);
  const lines = code.split('\n').map((text, index) => {
    if (!text.trimStart().startsWith('#')) return text;
    const name = /^#define ([A-Z][A-Z0-9_]*) \S+\s*$/.exec(text)?.[1];
    if (name === undefined || !known.delete(name)) {
      refuse(
        index + 1,
        'only "#define TRACED 1" and one #define for each constant of the manifest may be here',
      );
    }
    return '';
  });
  if (known.size > 0) refuse(1, `#define ${[...known].join(', #define ')} is missing`);
  return lines.join('\n');
};

const splitClauses = (code: string, refuse: Refuse): Clause[] => {
  const clauses: Clause[] = [];
  let start = 0;
  while (code.slice(start).trim() !== '') {
    start += code.slice(start).search(/\S/);
    const line = code.slice(0, start).split('\n').length;
    const open = code.indexOf('{', start);
    if (open < 0) refuse(line, 'a clause without a body in braces');
    const close = closingBrace(code, open);
    if (close < 0) refuse(line, 'a brace that is never closed');
    clauses.push({
      ...splitHead(code.slice(start, open), line, refuse),
      body: code.slice(open + 1, close),
      line,
      bodyLine: line + code.slice(start, open).split('\n').length - 1,
    });
    start = close + 1;
  }
  return clauses;
};

const splitHead = (head: string, line: number, refuse: Refuse): Pick<Clause, 'attach' | 'predicate'> => {
  // An attach point may hold slashes (uprobe:/path:name), but never a blank: the predicate begins after one.
  const match = /^(\S+(?:\s*,\s*\S+)*?)\s+\/([\s\S]*)\/\s*$/.exec(head);
  if (match === null) refuse(line, 'a clause without a predicate: guard it with /TRACED/');
  const [, attach = '', predicate = ''] = match ?? [];
  return { attach: attach.split(',').map((point) => point.trim()), predicate: predicate.trim() };
};

/** What each kind of attach point is named by in the manifest. */
const KINDS: Readonly<Record<string, 'tracepoint' | 'function' | 'program' | 'free'>> = {
  tracepoint: 'tracepoint',
  rawtracepoint: 'tracepoint',
  kprobe: 'function',
  kretprobe: 'function',
  kfunc: 'function',
  kretfunc: 'function',
  fentry: 'function',
  fexit: 'function',
  uprobe: 'program',
  uretprobe: 'program',
  usdt: 'program',
  software: 'free',
};

const checkAttachPoint = (point: string, clause: Clause, variant: Variant, refuse: Refuse): void => {
  const kind = KINDS[point.slice(0, Math.max(0, point.indexOf(':')))];
  if (kind === undefined) refuse(clause.line, `"${point}" is not an attach point a probe may use`);
  if (kind === 'free' && !/^software:[a-z-]+:\d*$/.test(point))
    refuse(clause.line, `"${point}" is not written like software:major-faults:1`);
  if (/[*?[\]{}"]/.test(point)) refuse(clause.line, `"${point}": wildcards and quotes are not allowed`);
  const name = point.slice(point.indexOf(':') + 1);
  if (
    kind === 'tracepoint' &&
    ![...(variant.when.tracepoints ?? []), ...(variant.optional ?? [])].includes(name)
  )
    refuse(clause.line, `${name} is named neither in when.tracepoints nor in optional`);
  if (kind === 'function' && !(variant.when.functions ?? []).includes(name))
    refuse(clause.line, `${name} is not named in when.functions`);
  if (kind === 'program') {
    const why = programPointProblem(point, variant.target?.written);
    if (why !== null) refuse(clause.line, `"${point}": ${why}`);
  }
};

const checkGuard = (clause: Clause, manifest: Manifest, refuse: Refuse): void => {
  const maps = mapsIn(clause.predicate);
  const guarded = /\bTRACED\b/.test(clause.predicate) || manifest.scratch.some(({ map }) => maps.has(map));
  if (!guarded) refuse(clause.line, 'the predicate has neither TRACED nor a scratch map of this probe');
};

const languageOf = (manifest: Manifest, variant: Variant): Language => ({
  constants: new Set(['TRACED', ...(variant.constants ?? []).map(({ token }) => token)]),
  scratch: new Set(manifest.scratch.map(({ map }) => map)),
  histograms: new Set(manifest.metrics.filter(({ kind }) => kind === 'histogram').map(({ map }) => map)),
  deletable: new Set(
    [...manifest.scratch, ...manifest.metrics.filter(({ of }) => of === 'thread')].map(({ map }) => map),
  ),
});

const checkTarget = (clauses: readonly Clause[], { target }: Variant, refuse: Refuse): void => {
  if (target === undefined) return;
  const attached = clauses.some(({ attach }) =>
    attach.some((point) => programPointOf(point)?.path === target.written),
  );
  if (!attached) refuse(1, `target promises attach points on ${target.written}, but there is none`);
};

const checkMaps = (
  clauses: readonly Clause[],
  manifest: Manifest,
  variant: Variant,
  refuse: Refuse,
): void => {
  const counted = manifest.metrics.filter((metric) => metric.name in variant.counts);
  const own = new Set(['@seen', ...counted.map(({ map }) => map), ...manifest.scratch.map(({ map }) => map)]);
  for (const clause of clauses) {
    for (const map of mapsIn(clause.predicate + clause.body)) {
      if (!own.has(map))
        refuse(clause.line, `the map ${map} is not one that the manifest gives this variant`);
    }
  }
  const bodies = clauses.map((clause) => clause.body).join('\n');
  // A gauge is what `derive` makes of the other maps.
  for (const { map, name } of counted.filter(({ kind }) => kind !== 'gauge')) {
    if (!mapsIn(bodies).has(map)) refuse(1, `counts promises "${name}", but ${map} is never set`);
  }
  if (!/@seen\[pid\]\s*=\s*1\s*;/.test(bodies)) {
    refuse(1, 'no clause says "@seen[pid] = 1;", so the exit of a counted process would go unnoticed');
  }
};
