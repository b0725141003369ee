/** How an interpreter was built, from what it left beside itself: it is never run. */
import { basename, dirname, join } from 'node:path';
import { distributionsOf } from '../distribution.ts';
import { type HostFiles, namesIn } from '../files.ts';
import { hasApiFunctions, hasGcMarkers } from './finders.ts';
import type { Interpreter } from './interpreters.ts';

export type PythonBuild = {
  /** `3.11`, from the name of the file; null for a name without one. */
  readonly version: string | null;
  /** Built --with-dtrace: garbage collections can be counted. */
  readonly usdt: boolean;
  /** The allocator functions can be attached to. */
  readonly api: boolean;
  /** Link-time and profile-guided optimisation inline the allocator into its callers; null where no one says. */
  readonly optimised: boolean | null;
  readonly freeThreaded: boolean;
};

export const buildOf = (files: HostFiles, { executable, file }: Interpreter): PythonBuild => {
  const name = basename(file).includes('libpython') ? basename(file) : basename(executable);
  const [, version = null, suffix = ''] = /python(\d\.\d+)(t?)/.exec(name) ?? [];
  const config = sysconfigOf(files, executable, version === null ? null : version + suffix);
  return {
    version,
    usdt: hasGcMarkers(files, file),
    api: hasApiFunctions(files, file),
    optimised:
      (config === null ? null : isOptimised(config, file !== executable)) ??
      isOptimisedPackage(files, executable),
    freeThreaded: suffix === 't',
  };
};

/**
 * What the arguments of its configure script say. Debian links its interpreter statically and optimised, but keeps the
 * variables of the shared library it builds beside it: those say nothing of this file.
 */
export const isOptimised = (sysconfig: string, isShared: boolean): boolean | null => {
  const from = sysconfig.indexOf("'CONFIG_ARGS':");
  if (from < 0) return null;
  const after = sysconfig.slice(from + 1);
  // The next variable; the value before it may go over many lines.
  const args = after.slice(0, Math.max(0, after.search(/\n\s+'\w+': /)));
  if (args.includes('--enable-shared') !== isShared) return null;
  return /--with-lto\b|--enable-optimizations\b/.test(args);
};

/**
 * Debian and Ubuntu build the interpreter in /usr/bin with --with-lto and --enable-optimizations (debian/rules of every
 * python3.x from 3.5 on), and say so in no file of it. Null for anybody else's.
 */
const isOptimisedPackage = (files: HostFiles, executable: string): true | null => {
  const root = /^(.*)\/usr\/bin\/python3(\.\d+)?$/.exec(executable)?.[1];
  if (root === undefined) return null;
  return distributionsOf(files.text(`${root}/etc/os-release`)).some((id) => OPTIMISING.has(id)) ? true : null;
};

const OPTIMISING: ReadonlySet<string> = new Set(['debian', 'ubuntu']);

/** The variables of its makefile, which every installation keeps as `_sysconfigdata_*.py` in its library. */
const sysconfigOf = (files: HostFiles, executable: string, version: string | null): string | null => {
  if (version === null) return null;
  const library = join(dirname(dirname(executable)), 'lib', `python${version}`);
  const [file] = namesIn(files, library).filter((name) => /^_sysconfigdata_.*\.py$/.test(name));
  return file === undefined ? null : files.text(join(library, file));
};
