/**
 * Where control groups are mounted: version 2 has one hierarchy for all, version 1 one for each controller, and mixed hosts
 * have both. A container may see a part of a hierarchy only, whose root is then somewhere below that of the host.
 */
import { type HostFiles, wholeLines } from '../files.ts';

export type Controller = 'cpu' | 'cpuacct' | 'memory';

type Mount = {
  readonly at: string;
  /** What of the hierarchy is mounted there. */
  readonly root: string;
};

export type Hierarchies = {
  /** Controllers of version 1, each with its own hierarchy. */
  readonly version1: ReadonlyMap<Controller, Mount>;
  readonly unified: Mount | null;
};

const CONTROLLERS: readonly Controller[] = ['cpu', 'cpuacct', 'memory'];

export const readHierarchies = (files: HostFiles): Hierarchies => {
  const version1 = new Map<Controller, Mount>();
  let unified: Mount | null = null;
  for (const line of wholeLines(files.text('/proc/self/mountinfo') ?? '')) {
    const [, root, at, type, options] = MOUNT.exec(line) ?? [];
    if (root === undefined || at === undefined) continue;
    const mount = { at: unescaped(at), root: unescaped(root) };
    // The first is where the host has it; others are bound into somebody's file system.
    if (type === 'cgroup2') unified ??= mount;
    else
      for (const controller of CONTROLLERS)
        if (options?.split(',').includes(controller) === true && !version1.has(controller))
          version1.set(controller, mount);
  }
  return { version1, unified };
};

/** Root, mount point, type and the options of the file system. */
const MOUNT = /^\d+ \d+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)$/;

/** Blanks and the like are written as three octal digits. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** null for what is not below what is mounted. */
export const directoryOf = (mount: Mount | null | undefined, path: string): string | null => {
  if (mount === null || mount === undefined || path.split('/').includes('..')) return null;
  if (mount.root === '/') return path === '/' ? mount.at : mount.at + path;
  if (path === mount.root) return mount.at;
  return path.startsWith(`${mount.root}/`) ? mount.at + path.slice(mount.root.length) : null;
};
