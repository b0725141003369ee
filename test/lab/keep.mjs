// Makes a recording fit to be kept: without control groups but those of the stage, without the command lines and the odd names of those who were
// not in the cast, which say of a place and not of an incident; packed; and small. Counts, times and names of the cast
// are as recorded. A session that makes
// a good demo goes to the examples. What is true of it goes into truth.json.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../../scripts/setup.mjs';

const SHELF = join(root, 'test', 'fixtures', 'incidents');
const EXAMPLES = join(root, 'examples');
const TRUTH = join(SHELF, 'truth.json');
/** Folders that are somebody's own. */
const PRIVATE = /\/(?:root|home|work)\/[^" ]*/;
/** Control groups that the stage made. */
const STAGED = /^\/lab-/;
const MAX_BYTES = 150 * 1024;

/** Bytes kept. */
export const keep = (session, { text, cast }) => {
  const kept = trimmed(text, new Set(cast.map(({ comm }) => comm)));
  const [place] = PRIVATE.exec(kept) ?? [];
  if (place !== undefined) throw new Error(`${session.name} says of ${place}, a place of this machine`);
  const bytes = gzipSync(kept, { level: 9 });
  if (bytes.length > MAX_BYTES)
    throw new Error(`${session.name} takes ${bytes.length} bytes, too many to keep`);
  const { name, example } = session;
  writeFileSync(join(example === undefined ? SHELF : EXAMPLES, `${example ?? name}.ndjson.gz`), bytes);
  const truth = existsSync(TRUTH) ? JSON.parse(readFileSync(TRUTH, 'utf8')) : {};
  truth[example ?? name] = truthOf(session, cast);
  const sorted = Object.fromEntries(Object.entries(truth).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(TRUTH, `${JSON.stringify(sorted, null, 2)}\n`);
  return bytes.length;
};

const trimmed = (text, cast) =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => !isOfFile(JSON.parse(line)) && isOfStage(JSON.parse(line)))
    .map((line) => `${JSON.stringify(JSON.parse(line, (_, value) => withoutPlace(value, cast)))}\n`)
    .join('');

/** Seals are checksums of what was trimmed, and would say that it is damaged; states are there to jump to, in a long file. */
const isOfFile = ({ type }) => type === 'block' || type === 'checkpoint';

const isOfStage = ({ type, path }) => type !== 'cgroup' || STAGED.test(path);

/** Processes are reported in records of their own, and again in every checkpoint. */
const withoutPlace = (value, cast) => {
  if (typeof value?.comm !== 'string') return value;
  const { cmdline, cgroup, cgroups = [], ...rest } = value;
  const staged = [cgroup, ...cgroups].filter((path) => STAGED.test(path ?? ''));
  if (staged.length > 0) [rest.cgroup] = staged;
  if (rest.comm.startsWith('memfd:')) rest.comm = 'bystander';
  // Read in the midst of its exec, a process has the command line of who started it.
  const isTold = cmdline !== undefined && cast.has(rest.comm) && !PRIVATE.test(cmdline ?? '');
  return isTold ? { ...rest, cmdline } : rest;
};

const truthOf = ({ kind, what, near, where, seconds, truth }, cast) => ({
  kind,
  what,
  ...(near === undefined ? {} : { near }),
  where: where === 'host' ? 'host' : `guest, ${where.mebibytes} MiB`,
  seconds,
  findings: truth.map(({ id, suspect, victims = [] }) => ({
    id,
    // Nobody is to be accused of some.
    suspect: suspect === null ? null : { comm: suspect, pid: cast.find(({ comm }) => comm === suspect).pid },
    victims,
  })),
});
