/**
 * Attach points on user programs (`uprobe:PATH:SYMBOL`, `usdt:PATH:PROVIDER:NAME`). They become script text,
 * and bpftrace has no way to quote them that all versions share: a colon ends them, a comma begins the next attach
 * point, `*?[]{}` are wildcards, `$` a parameter, `@` a map, `//` a comment, a blank ends the list; `% = ~` are taken
 * by 0.27 and not by 0.23. So only what every version takes as itself is let through (tried on 0.17, 0.23, 0.27), and
 * every other path is refused with its reason.
 */

/** An attach point on a user program, taken apart; null for any other kind. A marker is `PROVIDER:NAME`. */
export const programPointOf = (
  attachPoint: string,
): { readonly kind: string; readonly path: string; readonly name: string } | null => {
  const { kind, path, name } = USER_ATTACH_POINT.exec(attachPoint)?.groups ?? {};
  return kind === undefined || path === undefined || name === undefined ? null : { kind, path, name };
};

/** The same function or marker of another program. */
export const onProgram = (attachPoint: string, path: string): string =>
  attachPoint.replace(USER_ATTACH_POINT, (_all, kind: string, _path: string, name: string) =>
    [kind, path, name].join(':'),
  );

const USER_ATTACH_POINT = /^(?<kind>uprobe|uretprobe|usdt):(?<path>[^:]+):(?<name>.+)$/;

/**
 * What is wrong with an attach point on a program, in words; null when it may stand. Paths are compared as text, so
 * that a script with a target (`written`) has one spelling of one path.
 */
export const programPointProblem = (point: string, written: string | undefined): string | null => {
  const { kind, path = '', name } = programPointOf(point) ?? {};
  const symbols = name?.split(':') ?? [];
  if (symbols.length !== (kind === 'usdt' ? 2 : 1)) {
    return 'write it as uprobe:PATH:FUNCTION, uretprobe:PATH:FUNCTION or usdt:PATH:PROVIDER:NAME';
  }
  if (written !== undefined && path !== written) return `target.written is another path, ${written}`;
  return pathProblem(path) ?? symbols.map(symbolProblem).find((problem) => problem !== null) ?? null;
};

/** Why a path cannot stand in an attach point, as the beginning of a sentence; null when it can. */
export const pathProblem = (path: string): string | null => {
  if (!path.startsWith('/')) return 'the path is not absolute';
  if (path.length > MAX_PATH_LENGTH) return `the path is longer than ${MAX_PATH_LENGTH} characters`;
  if (/\/(\/|\.\.?(\/|$))|\/$/.test(path)) return 'the path has empty, "." or ".." parts';
  const bad = /[^A-Za-z0-9._+/-]/u.exec(path)?.[0];
  return bad === undefined ? null : `the path has the character ${JSON.stringify(bad)}`;
};

/** Why a name cannot be that of a function or USDT marker in an attach point; null when it can. */
export const symbolProblem = (symbol: string): string | null => {
  if (symbol === '') return 'the name is empty';
  if (symbol.length > MAX_SYMBOL_LENGTH) return `the name is longer than ${MAX_SYMBOL_LENGTH} characters`;
  if (/^[0-9]/.test(symbol)) return 'the name begins with a digit';
  const bad = /[^A-Za-z0-9_.]/u.exec(symbol)?.[0];
  return bad === undefined ? null : `the name has the character ${JSON.stringify(bad)}`;
};

/** The same of a tracepoint or a function of the kernel; a compiler's `.isra.0` bpftrace does not take there. */
export const kernelNameProblem = (name: string): string | null =>
  symbolProblem(name) ?? (name.includes('.') ? 'the name of a kernel function or event has no "."' : null);

/** Beyond any name in use, and short of the kernel's own bound of 4,096. */
const MAX_PATH_LENGTH = 1_024;
const MAX_SYMBOL_LENGTH = 1_024;
