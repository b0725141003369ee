/**
 * Finding bpftrace. STALLSCOPE_BPFTRACE names it; otherwise it is looked for in PATH and then in the places that
 * sudo's secure_path and minimal service environments tend to leave out; for root only where nobody else can write. What is found must also run: a binary whose
 * libraries are missing is worse than none, because it only shows when tracing starts.
 */
import { join } from 'node:path';
import { execa } from 'execa';
import semver from 'semver';
import { builtEnvironment } from './environment.ts';
import type { HostFacts } from './facts.ts';
import type { HostFiles } from './files.ts';
import { isRootsOwn, placesOnPath } from './which.ts';

export type BpftraceFacts = Pick<HostFacts, 'bpftrace' | 'bpftraceProblem'>;

/** How `bpftraceProblem` begins when there is no such file; any other problem is one of running it. */
export const NOT_FOUND = 'not found ';

const VARIABLE = 'STALLSCOPE_BPFTRACE';
const MORE_PLACES = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/snap/bin'] as const;
/** A machine that stalls is what we are called for: its programs may take so long to be read from disk, or to get a CPU. */
const VERSION_TIMEOUT_MS = 60_000;
/** How long one that has answered has to end. */
const END_TIMEOUT_MS = 10_000;

export const findBpftrace = async (files: HostFiles, env: NodeJS.ProcessEnv): Promise<BpftraceFacts> => {
  const named = env[VARIABLE] ?? '';
  const isRoot = process.getuid?.() === 0;
  const path = bpftracePlaces(named, env.PATH ?? '').find(
    // A path is meant; what is only found must be root's, if root is to run it.
    (place) => files.isExecutable(place) && (!isRoot || named.includes('/') || isRootsOwn(files, place)),
  );
  if (path === undefined) return missing(named);
  const asked = await askVersion(path, env);
  return 'version' in asked
    ? { bpftrace: { path, version: asked.version }, bpftraceProblem: null }
    : { bpftrace: null, bpftraceProblem: asked.problem };
};

/** Where it may be, the preferred place first. */
export const bpftracePlaces = (named: string, searchPath: string): readonly string[] => {
  if (named.includes('/')) return [named];
  const name = named || 'bpftrace';
  return [...placesOnPath(name, searchPath), ...MORE_PLACES.map((directory) => join(directory, name))];
};

const missing = (named: string): BpftraceFacts => ({
  bpftrace: null,
  bpftraceProblem:
    NOT_FOUND +
    (named === ''
      ? `in PATH, nor in ${MORE_PLACES.join(', ')}`
      : `as an executable file where ${VARIABLE} points: ${named}`),
});

const askVersion = async (
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<{ version: string } | { problem: string }> => {
  const asked = execa(path, ['--version'], {
    env: builtEnvironment(env),
    extendEnv: false,
    stdin: 'ignore',
    timeout: VERSION_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 65_536,
    reject: false,
  });
  let ending: NodeJS.Timeout | null = null;
  let hasAnswered = false;
  let printed = '';
  asked.stdout.on('data', (bytes: Buffer) => {
    printed += bytes.toString('utf8');
    if (ending !== null || versionOf(printed) === null) return;
    ending = setTimeout(() => {
      hasAnswered = true;
      asked.kill('SIGKILL');
    }, END_TIMEOUT_MS);
  });
  const { failed, timedOut, exitCode, signal, stdout, stderr, code } = await asked;
  if (ending !== null) clearTimeout(ending);
  const version = versionOf(stdout);
  // One that answered and took its time to end, as on a busy or emulated machine, runs.
  if ((!failed || timedOut || hasAnswered) && version !== null) return { version };
  const how = timedOut
    ? `gave no answer in ${VERSION_TIMEOUT_MS / 1000} s`
    : signal !== undefined
      ? `was ended by ${signal}`
      : exitCode === undefined
        ? `could not be started (${code ?? 'unknown reason'})`
        : exitCode !== 0
          ? `ended with status ${exitCode}`
          : 'printed no version';
  const said = firstLine(stderr) ?? firstLine(stdout);
  return { problem: `${path} --version ${how}${said === null ? '' : `: ${said}`}` };
};

/** As `--version` prints it. */
export const versionOf = (printed: string): string | null =>
  semver.coerce(/\bbpftrace v?(\d+\.\d+(?:\.\d+)?)/.exec(printed)?.[1])?.version ?? null;

const firstLine = (text: string): string | null =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '')
    ?.slice(0, 300) ?? null;
