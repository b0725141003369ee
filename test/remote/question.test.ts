/** Files come back as lines with their names before them: no content is taken for another file's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTexts, requestsOf } from '../../src/remote/question.ts';

const printed = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(
    Object.entries(files)
      .map(([path, text]) =>
        text
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => `${path}:${line}\n`)
          .join(''),
      )
      .join(''),
  );

describe('texts', () => {
  it('are distinguished whatever they hold', () => {
    const paths = ['/proc/1/status', '/proc/1/cmdline', '/proc/2/status'];
    const line = fc.oneof(fc.string(), fc.constantFrom(...paths.map((path) => `${path}:forged`), '', ':'));
    const text = fc
      .array(line, { minLength: 1 })
      .map((lines) => `${lines.map((one) => one.replaceAll('\n', '').replaceAll('\0', '')).join('\n')}\n`);
    fc.assert(
      fc.property(fc.tuple(text, text, text), (texts) => {
        const files = Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? '']));
        // What another process is called can be read in its own file only.
        expect(Object.fromEntries(readTexts(printed(files), paths))).toEqual(files);
      }),
    );
  });

  it('of a process that has others are empty where they have no line, and absent otherwise', () => {
    const texts = readTexts(printed({ '/proc/2/status': 'Name:\tkthreadd\n' }), [
      '/proc/2/status',
      '/proc/2/cmdline',
      '/proc/3/cmdline',
    ]);
    expect(texts.get('/proc/2/cmdline')).toBe('');
    expect(texts.has('/proc/3/cmdline')).toBe(false);
  });

  it('end as they did: a command line and a wait channel have no newline', () => {
    const bytes = Buffer.from('/proc/2/cmdline:a\0b c\0\n/proc/2/wchan:io_schedule\n');
    const texts = readTexts(bytes, ['/proc/2/cmdline', '/proc/2/wchan']);
    expect(texts.get('/proc/2/cmdline')).toBe('a\0b c\0');
    expect(texts.get('/proc/2/wchan')).toBe('io_schedule');
  });

  it('that nobody asked for are no answer, and end it', () => {
    expect(readTexts(Buffer.from('/etc/shadow:x\n/proc/2/stat:2 (a)\n'), ['/proc/2/stat']).size).toBe(0);
  });
});

describe('questions', () => {
  it('of one kind travel together', () => {
    const text = (path: string) => ({ kind: 'text' as const, path, more: [] });
    const requests = requestsOf([text('/a'), { kind: 'link', path: '/b', more: [] }, text('/c')]);
    expect(requests.map(({ words }) => words)).toEqual([
      ['g', '/a', '/c'],
      ['l', '/b'],
    ]);
  });
});
