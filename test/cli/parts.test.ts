/** The table of commands by which parts are loaded says what the parts add. */
import { describe, expect, it } from 'vitest';
import { COMMANDS, partsFor } from '../../src/cli/grammar/parts.ts';
import { runHere } from '../helpers/command.ts';

const helpOf = async (...args: string[]): Promise<string> => (await runHere(...args, '--help')).stdout;

describe('the parts of the command line', () => {
  it('add the commands they are named by, and no others, in that order', async () => {
    const listed = /^Commands:\n(.*?)\n\n/ms.exec(await helpOf())?.[1] ?? '';
    const names = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    expect(names).toEqual([...COMMANDS, 'help']);
  });

  it.each(COMMANDS)('alone, that of %s knows it', async (name) => {
    expect(await helpOf(name)).toContain(`Usage: stallscope ${name}`);
  });

  it('are none for the version, one for options alone, all for help and completions', () => {
    const all = partsFor(['--help']).length;
    expect(partsFor(['--version'])).toEqual([]);
    expect(partsFor([])).toEqual(partsFor(['live']));
    expect(partsFor(['-i', '2s', '--json'])).toEqual(partsFor(['live']));
    expect(all).toBeGreaterThan(5);
    for (const argv of [['help'], ['help', 'replay'], ['-p', '1', '-h'], ['completions', 'bash']])
      expect(partsFor(argv)).toHaveLength(all);
  });
});
