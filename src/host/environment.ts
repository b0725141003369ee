/**
 * The environment of the programs we run ourselves: bpftrace, and those that are asked about files. It is built, not
 * inherited, because much of what a caller may have set changes what their output means: BPFTRACE_STRLEN=6 cuts the
 * names that a script compares, a locale translates what is looked for in their answers, LD_PRELOAD may do anything.
 * What says where something is goes through, but for relative directories of PATH: they are no places of this host. The user's command after `--` has the user's environment, all of it.
 */
const PLACES = ['PATH', 'LD_LIBRARY_PATH', 'HOME', 'TMPDIR'] as const;

export const builtEnvironment = (env: NodeJS.ProcessEnv): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    PLACES.flatMap((name) => {
      const value = env[name];
      if (value === undefined) return [];
      return [[name, name === 'PATH' ? absolute(value) : value]];
    }),
  ),
  LC_ALL: 'C',
});

/** Bounds the heap of a process of ours. Words for Node itself are not taken by an executable that holds its program. */
export const heapWithin = (heapMb: number): { readonly NODE_OPTIONS: string } => ({
  NODE_OPTIONS: `--max-old-space-size=${heapMb}`,
});

const absolute = (searchPath: string): string =>
  searchPath
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .join(':');
