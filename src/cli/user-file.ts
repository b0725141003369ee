/**
 * Where a user keeps what is his, by the XDG Base Directory Specification: settings that he writes, and what is
 * remembered of his choices. Under sudo it is the user who called it: root's own home is not where he keeps them.
 */
import { join } from 'node:path';
import { readSmallFile } from '../probes/small-file.ts';

const KINDS = {
  config: ['XDG_CONFIG_HOME', '.config'],
  state: ['XDG_STATE_HOME', join('.local', 'state')],
} as const;

const MAX_PASSWD_BYTES = 64 * 1024 * 1024;

/** null where there is no home. */
export const userFile = (env: NodeJS.ProcessEnv, kind: keyof typeof KINDS, name: string): string | null => {
  const [variable, folder] = KINDS[kind];
  const own = env[variable];
  if (own?.startsWith('/') === true) return join(own, 'stallscope', name);
  const home = homeOf(env.SUDO_USER) ?? env.HOME;
  return home === undefined || home === '' ? null : join(home, folder, 'stallscope', name);
};

const homeOf = (user: string | undefined): string | undefined => {
  if (user === undefined || process.getuid?.() !== 0) return undefined;
  try {
    const lines = readSmallFile('/etc/passwd', MAX_PASSWD_BYTES).split('\n');
    return lines.find((line) => line.startsWith(`${user}:`))?.split(':')[5];
  } catch {
    return undefined;
  }
};
