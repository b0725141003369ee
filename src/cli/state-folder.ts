/** Where files of ours are that nobody named: $STATE_DIRECTORY of a systemd unit, /var/lib/stallscope of root, or the user's own. */
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** null where nothing says where the user's own is. */
export const stateFile = (env: Environment, name: string): string | null => {
  const [given] = (env.STATE_DIRECTORY ?? '').split(':');
  if (given !== undefined && given !== '') return join(given, name);
  if (process.getuid?.() === 0) return join('/var/lib/stallscope', name);
  if (env.XDG_STATE_HOME?.startsWith('/') === true) return join(env.XDG_STATE_HOME, 'stallscope', name);
  return env.HOME === undefined || env.HOME === '' ? null : join(env.HOME, '.local/state/stallscope', name);
};
