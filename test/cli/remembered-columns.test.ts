/** Choices of columns on a real disk: what is kept, whose it is, and that nothing about the file is fatal. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rememberedColumns } from '../../src/cli/remembered-columns.ts';
import { waitUntil } from '../helpers/terminal.ts';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'columns-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const file = (): string => join(state, 'stallscope', 'columns.json');
const env = (): NodeJS.ProcessEnv => ({ XDG_STATE_HOME: state });
const write = (text: string): void => {
  mkdirSync(join(state, 'stallscope'));
  writeFileSync(file(), text);
};

describe('remembered columns', () => {
  it('are what was chosen last, private', async () => {
    const first = rememberedColumns(env());
    expect(first).toMatchObject({ chosen: {}, problem: null });
    const problems: string[] = [];
    for (let count = 0; count < 20; count += 1)
      first.keep({ 'iomap.iter': 'always', [`probe.${count}`]: 'never' }, (why) => problems.push(why));
    await waitUntil(
      () => existsSync(file()) && readFileSync(file(), 'utf8').includes('probe.19'),
      () => problems.join(),
    );
    expect(problems).toEqual([]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(rememberedColumns(env()).chosen).toEqual({ 'iomap.iter': 'always', 'probe.19': 'never' });
  });

  it.each([
    ['no JSON', '{ columns', 'is not what was written'],
    [
      'of another make',
      '{"format":"stallscope-columns","version":2,"columns":{}}',
      'is not what was written',
    ],
    [
      'of words we do not know',
      '{"format":"stallscope-columns","version":1,"columns":{"a":"perhaps"}}',
      'is not what was written',
    ],
    ['without end', 'x'.repeat(70_000), 'it is larger than 64 KiB'],
  ])('that are %s are left out, with the reason', (_, text, why) => {
    write(text);
    const { chosen, problem } = rememberedColumns(env());
    expect(chosen).toEqual({});
    expect(problem).toContain(file());
    expect(problem).toContain(why);
  });

  it('that cannot be written are said not to be remembered', async () => {
    const problems: string[] = [];
    const keep = (at: NodeJS.ProcessEnv) =>
      rememberedColumns(at).keep({ 'a.b': 'always' }, (why) => problems.push(why));
    writeFileSync(join(state, 'stallscope'), '');
    keep(env());
    keep({});
    await waitUntil(
      () => problems.length === 2,
      () => problems.join('\n'),
    );
    expect(problems.join()).toContain('the columns are not remembered: there is no home directory');
    expect(problems.join()).toContain(`the columns are not remembered: ${file()}: `);
  });

  it('replace a link, and do not follow it', async () => {
    const target = join(state, 'precious');
    writeFileSync(target, 'as it was');
    mkdirSync(join(state, 'stallscope'));
    symlinkSync(target, file());
    rememberedColumns(env()).keep({ 'a.b': 'always' }, () => undefined);
    await waitUntil(
      () => statSync(file()).size !== 'as it was'.length,
      () => readFileSync(file(), 'utf8'),
    );
    expect(readFileSync(target, 'utf8')).toBe('as it was');
  });

  it.runIf(process.getuid?.() === 0)('under sudo are written as the user who called it', async () => {
    const theirs = 65_534;
    const sudo = { ...env(), SUDO_UID: String(theirs), SUDO_GID: String(theirs) };
    const problems: string[] = [];
    const keep = (): void => rememberedColumns(sudo).keep({ 'a.b': 'never' }, (why) => problems.push(why));
    chmodSync(state, 0o755);
    keep();
    await waitUntil(
      () => problems.length === 1,
      () => 'root wrote where the user may not',
    );
    expect(problems[0]).toMatch(/[Pp]ermission denied/);
    chownSync(state, theirs, theirs);
    keep();
    await waitUntil(
      () => existsSync(file()),
      () => problems.join(),
    );
    expect(statSync(file()).uid).toBe(theirs);
  });
});
