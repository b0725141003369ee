import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/cli/config.ts';
import { KEYS } from '../../src/screen/keys/keys.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (text: string): void => {
  mkdirSync(join(home, 'stallscope'));
  writeFileSync(join(home, 'stallscope', 'config.json'), text);
};
const read = () => readConfig({ XDG_CONFIG_HOME: home });

describe('the settings of the screen', () => {
  it('need not be there', () => {
    expect(read()).toEqual({ theme: null, keys: KEYS, mouse: true });
    expect(readConfig({})).toEqual({ theme: null, keys: KEYS, mouse: true });
  });

  it('are found in XDG_CONFIG_HOME, else under the home', () => {
    write('{ "theme": "light", "mouse": false, "keys": { "quit": ["Q"] } }');
    const config = read();
    expect(config.mouse).toBe(false);
    expect(config.theme).toBe('light');
    expect(config.keys.find(({ id }) => id === 'quit')?.keys).toEqual(['Q']);
    mkdirSync(join(home, '.config'));
    mkdirSync(join(home, '.config', 'stallscope'));
    writeFileSync(join(home, '.config', 'stallscope', 'config.json'), '{"theme":"safe"}');
    expect(readConfig({ HOME: home, XDG_CONFIG_HOME: 'relative' }).theme).toBe('safe');
  });

  it.each([
    ['{ theme: 1 }', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['{ "colour": "red" }', 'there is no setting "colour"'],
    ['{ "theme": "pink" }', '"theme" must be one of basic, dark, light, safe, mono'],
    ['{ "mouse": "off" }', '"mouse" must be true or false'],
    ['{ "keys": ["q"] }', '"keys" must be an object'],
    ['{ "keys": { "quit": "q" } }', '"keys"."quit" must be a list'],
    ['{ "keys": { "quit": ["?"] } }', '? would mean both "quit" and "help"'],
    [`{ "theme": "${'x'.repeat(70_000)}" }`, 'larger than 64 KiB'],
  ])('that are wrong end the command with the reason: %.40s', (text, why) => {
    write(text);
    expect(read).toThrowError(why);
    expect(read).toThrowError(join(home, 'stallscope', 'config.json'));
  });
});
