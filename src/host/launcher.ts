/** What starts the tracer so that it ends when we do: its parent-death signal, on which bpftrace detaches and ends. */
import type { HostFiles } from './files.ts';

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];

/** Never by PATH: it is run as root, also where it is to give that up. */
export const setprivOf = (files: HostFiles): string | null => SETPRIV.find(files.isExecutable) ?? null;

/** Stands before the program and its arguments; empty where there is no such tool. */
export const launcherOf = (files: HostFiles): readonly string[] => {
  const setpriv = setprivOf(files);
  return setpriv === null ? [] : [setpriv, '--pdeathsig', 'INT', '--'];
};
