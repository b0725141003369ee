/**
 * Files of this host that probes on user programs attach to. A manifest names a finder (`python`), a finder names the
 * files; several are usual: the distribution's interpreter, a virtual environment's, one inside a container by
 * `/proc/PID/root/...`.
 *
 * Guarantee: each file is there once, however many names it has (a uprobe belongs to the inode: two names would count
 * every call twice), and a finder that fails becomes a reason, never an exception.
 */
import type { HostFiles } from './files.ts';

/** Whose programs are asked for. */
export type TargetRequest = {
  readonly files: HostFiles;
  /** The PIDs that the user selected; empty: all of the machine. */
  readonly pids: readonly number[];
  /** argv after `--`, not started yet; null without one. */
  readonly command: readonly string[] | null;
  readonly env: NodeJS.ProcessEnv;
};

/** What a script is given before it attaches: an entry of a scratch map, as of processes that live already. */
export type Seed = {
  readonly map: string;
  readonly key: bigint;
  readonly value: bigint;
};

export type FoundTargets = {
  /** Absolute paths, the most wanted first. */
  readonly files: readonly string[];
  /** Why there is none, in words that finish "refused: ..."; null when there are files. */
  readonly problem: string | null;
};

export type TargetFinder = {
  /** As manifests name it. */
  readonly name: string;
  readonly find: (request: TargetRequest) => FoundTargets | Promise<FoundTargets>;
};

/** Finder name to what it found. */
export type Targets = ReadonlyMap<string, FoundTargets>;

/** Asks every finder once. Never rejects. */
export const findTargets = async (
  finders: readonly TargetFinder[],
  request: TargetRequest,
): Promise<Targets> => {
  const found = await Promise.all(finders.map((finder) => askFinder(finder, request)));
  return new Map(finders.map(({ name }, index) => [name, found[index] ?? NOTHING]));
};

const NOTHING: FoundTargets = { files: [], problem: 'no file was found' };

const askFinder = async (finder: TargetFinder, request: TargetRequest): Promise<FoundTargets> => {
  try {
    const { files, problem } = await finder.find(request);
    const distinct = distinctFiles(request.files, files);
    return { files: distinct, problem: distinct.length > 0 ? null : (problem ?? NOTHING.problem) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { files: [], problem: `looking for its files failed (${why})` };
  }
};

/** The first name of each file that is there. */
const distinctFiles = (files: HostFiles, paths: readonly string[]): string[] => {
  const byInode = new Map<string, string>();
  for (const path of paths) {
    const stat = files.stat(path);
    if (stat === null || !stat.isFile()) continue;
    const identity = `${stat.dev}:${stat.ino}`;
    if (!byInode.has(identity)) byInode.set(identity, path);
  }
  return [...byInode.values()];
};
