/** What starts the tracer so that it ends when we do: its parent-death signal, on which bpftrace detaches and ends. */
import type { HostFiles } from './files.ts';

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];

/** Stands before the program and its arguments; empty where there is no such tool. */
export const launcherOf = (files: HostFiles): readonly string[] => {
  const setpriv = SETPRIV.find(files.isExecutable);
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'INT', '--'];
};
