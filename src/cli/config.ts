/**
 * The user's own settings of the screen, `$XDG_CONFIG_HOME/stallscope/config.json` or `~/.config/stallscope/config.json`:
 *
 *   { "theme": "light", "mouse": false, "keys": { "quit": ["q", "Q"], "hold": ["p"] } }
 *
 * A theme, whether the screen takes the mouse, and keys by the id of their binding (`docs/stallscope.1` lists them). Absent is fine; anything in it that is
 * not understood ends the command with the reason, so that a setting is never silently without effect. Under sudo it
 * is the file of the user who called it.
 */
import { z } from 'zod';
import { failure } from '../errors.ts';
import { readUsersFile } from '../probes/small-file.ts';
import { KEYS, type KeyBinding } from '../screen/keys/keys.ts';
import { giveKeys } from '../screen/keys/own-keys.ts';
import { THEME_NAMES, type ThemeName } from '../tui/theme.ts';
import { userFile } from './user-file.ts';

export type Config = {
  readonly theme: ThemeName | null;
  readonly keys: readonly KeyBinding[];
  /** Whether the screen takes the mouse. */
  readonly mouse: boolean;
};

const MAX_BYTES = 64 * 1024;

const SETTINGS = z.strictObject({
  theme: z.enum(THEME_NAMES).optional(),
  keys: z.record(z.string(), z.array(z.string())).optional(),
  mouse: z.boolean().optional(),
});

export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const path = userFile(env, 'config', 'config.json');
  const text = path === null ? null : readIfThere(path, MAX_BYTES);
  if (path === null || text === null) return { theme: null, keys: KEYS, mouse: true };
  const refuse = (why: string): Error => failure('E_CONFIG', { path, why });
  const { data, error } = SETTINGS.safeParse(parse(text, refuse));
  if (data === undefined) throw refuse(whyNot(error.issues));
  const keys = data.keys === undefined ? KEYS : giveKeys(data.keys);
  if ('problem' in keys) throw refuse(keys.problem);
  return { theme: data.theme ?? null, keys, mouse: data.mouse ?? true };
};

const readIfThere = (path: string, mostBytes: number): string | null => {
  try {
    return readUsersFile(path, mostBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw failure('E_CONFIG', { path, why: code ?? (error as Error).message }, error);
  }
};

const parse = (text: string, refuse: (why: string) => Error): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message of the parser quotes what it found, which may be anything.
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = at === undefined ? null : text.slice(0, Number(at)).split('\n').length;
    throw refuse(line === null ? 'it is not JSON' : `it is not JSON, from line ${line} on`);
  }
};

const whyNot = (issues: readonly z.core.$ZodIssue[]): string => {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined)
    return `there is no setting "${unknown.keys[0]}" (there are ${Object.keys(SETTINGS.shape).join(', ')})`;
  const [setting, id] = issues[0]?.path ?? [];
  if (setting === undefined) return 'it is not a JSON object';
  if (setting === 'theme') return `"theme" must be one of ${THEME_NAMES.join(', ')}`;
  if (setting === 'mouse') return '"mouse" must be true or false';
  if (id === undefined) return '"keys" must be an object: { "quit": ["q"] }';
  return `"keys"."${String(id)}" must be a list of keys: ["q", "Q"]`;
};
