/**
 * The user's own settings of the screen, `$XDG_CONFIG_HOME/stallscope/config.json` or `~/.config/stallscope/config.json`:
 *
 *   { "theme": "light", "keys": { "quit": ["q", "Q"], "hold": ["p"] } }
 *
 * A theme, and keys by the id of their binding (`docs/stallscope.1` lists them). Absent is fine; anything in it that is
 * not understood ends the command with the reason, so that a setting is never silently without effect. Under sudo it
 * is the file of the user who called it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '../errors.ts';
import { KEYS, type KeyBinding } from '../views/tui/model/keys.ts';
import { giveKeys } from '../views/tui/model/own-keys.ts';
import { THEME_NAMES, type ThemeName } from '../views/tui/theme.ts';

export type Config = { readonly theme: ThemeName | null; readonly keys: readonly KeyBinding[] };

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_BYTES = 64 * 1024;

export const readConfig = (env: Environment): Config => {
  const path = configPath(env);
  const text = path === null ? null : readIfThere(path);
  if (path === null || text === null) return { theme: null, keys: KEYS };
  const refuse = (why: string): Error => failure('E_CONFIG', { path, why });
  const settings = parse(text, refuse);
  const unknown = Object.keys(settings).find((name) => !NAMES.includes(name));
  if (unknown !== undefined)
    throw refuse(`there is no setting "${unknown}" (there are ${NAMES.join(' and ')})`);
  return { theme: themeIn(settings.theme, refuse), keys: keysIn(settings.keys, refuse) };
};

const NAMES = ['theme', 'keys'];

/** Root's own home under sudo is not where the user keeps settings. */
const configPath = (env: Environment): string | null => {
  const own = env.XDG_CONFIG_HOME;
  if (own?.startsWith('/') === true) return join(own, 'stallscope', 'config.json');
  const home = homeOf(env.SUDO_USER) ?? env.HOME;
  return home === undefined || home === '' ? null : join(home, '.config', 'stallscope', 'config.json');
};

const homeOf = (user: string | undefined): string | undefined => {
  if (user === undefined || process.getuid?.() !== 0) return undefined;
  const lines = (readIfThere('/etc/passwd') ?? '').split('\n');
  return lines.find((line) => line.startsWith(`${user}:`))?.split(':')[5];
};

const readIfThere = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw failure('E_CONFIG', { path, why: code ?? 'it cannot be read' }, error);
  }
};

type Refuse = (why: string) => Error;

const parse = (text: string, refuse: Refuse): Readonly<Record<string, unknown>> => {
  if (text.length > MAX_BYTES) throw refuse('it is larger than 64 KiB');
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    throw refuse(`it is no JSON (${(error as Error).message})`);
  }
  throw refuse('it is no JSON object');
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const themeIn = (value: unknown, refuse: Refuse): ThemeName | null => {
  if (value === undefined) return null;
  const theme = THEME_NAMES.find((name) => name === value);
  if (theme === undefined) throw refuse(`"theme" must be one of ${THEME_NAMES.join(', ')}`);
  return theme;
};

const keysIn = (value: unknown, refuse: Refuse): readonly KeyBinding[] => {
  if (value === undefined) return KEYS;
  if (!isRecord(value)) throw refuse('"keys" must be an object: { "quit": ["q"] }');
  const own = Object.entries(value).map(([id, keys]): [string, readonly string[]] => {
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
      throw refuse(`"keys"."${id}" must be a list of keys: ["q", "Q"]`);
    return [id, keys];
  });
  const table = giveKeys(Object.fromEntries(own));
  if ('problem' in table) throw refuse(table.problem);
  return table;
};
