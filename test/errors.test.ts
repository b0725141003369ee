import { readFileSync } from 'node:fs';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, EXIT, failure, isFailure, StallscopeError } from '../src/errors.ts';
import { recordingJsonSchema } from '../src/wire/recording.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];
const placeholder = /(?<!")\{([a-zA-Z]+)\}/g;
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const namesIn = (code: ErrorCode): string[] =>
  [...`${ERRORS[code].what} ${ERRORS[code].next}`.matchAll(placeholder)].map(([, name]) => name ?? '');

describe('every error of the catalogue', () => {
  it.each(codes)('%s fills its message and its next step from its facts', (code) => {
    const facts = Object.fromEntries(namesIn(code).map((name) => [name, `<${name}>`]));
    const error = new StallscopeError(code, facts);
    expect(`${error.message} ${error.next}`).not.toMatch(placeholder);
    for (const fact of Object.values(facts)) expect(`${error.message} ${error.next}`).toContain(fact);
    expect(error.message).not.toBe('');
    expect(error.next).not.toBe('');
    expect(error).toMatchObject({ name: 'StallscopeError', code, exit: ERRORS[code].exit });
  });

  it('has an exit status of the contract', () => {
    const statuses: Readonly<Record<string, number>> = {
      'a usage error': 2,
      'an environment': 3,
      'a probe': 4,
      'a recording': 5,
      'a bug': 70,
    };
    expect(new Set(codes.map((code) => ERRORS[code].exit))).toEqual(new Set(Object.values(statuses)));
    for (const code of codes.filter((one) => one.startsWith('E_FILE_'))) expect(ERRORS[code].exit).toBe(5);
    expect(EXIT).toMatchObject({ ok: 0, remote: 6, sighup: 129, sigint: 130, sigterm: 143 });
  });

  it('tells the user what to do in words of their own shell', () => {
    for (const code of codes)
      expect(ERRORS[code].next).not.toMatch(/please contact|unknown error|undefined/i);
  });
});

describe('an error', () => {
  it('keeps its cause, and is known by its code', () => {
    const cause = new Error('EACCES');
    const error = failure('E_FILE_UNREADABLE', { path: '/x', why: 'EACCES' }, cause);
    expect(error.cause).toBe(cause);
    expect(isFailure(error)).toBe(true);
    expect(isFailure(error, 'E_FILE_UNREADABLE')).toBe(true);
    expect(isFailure(error, 'E_FILE_EMPTY')).toBe(false);
    expect(isFailure(cause)).toBe(false);
  });

  it('takes facts as they are, even those that look like a template', () => {
    const error = failure('E_FILE_UNREADABLE', { path: '{why}', why: '$& $1 {path}' });
    expect(error.message).toBe('Cannot read {why}: $& $1 {path}.');
  });
});

describe('the pages made from code', () => {
  it('are current', () => {
    const { exitCode, stderr } = execaSync(process.execPath, ['scripts/write-docs.mjs', '--check'], {
      reject: false,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('list every code, and the schema of every line', () => {
    const page = read('docs/errors.md');
    for (const code of codes) expect(page).toContain(`\`${code}\``);
    expect(JSON.parse(read('docs/recording.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(recordingJsonSchema())),
    );
  });
});
