/** Where files of ours are that nobody named: $STATE_DIRECTORY of a systemd unit, /var/lib/stallscope of root, or the user's own. */
import { join } from 'node:path';
import { userFile } from './user-file.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** null where nothing says where the user's own is. */
export const stateFile = (env: Environment, name: string): string | null => {
  const [given] = (env.STATE_DIRECTORY ?? '').split(':');
  if (given !== undefined && given !== '') return join(given, name);
  if (process.getuid?.() === 0) return join('/var/lib/stallscope', name);
  return userFile(env, 'state', name);
};
