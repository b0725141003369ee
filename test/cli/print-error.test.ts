import { describe, expect, it } from 'vitest';
import { printError } from '../../src/cli/print-error.ts';
import { failure } from '../../src/errors.ts';

const printed = (error: unknown): { exit: number; text: string } => {
  let text = '';
  const exit = printError(error, {
    write: (part: string) => {
      text += part;
    },
  });
  return { exit, text };
};

describe('what the user reads', () => {
  it('is what happened and the next step, without a stack', () => {
    expect(printed(failure('E_FILE_EMPTY', { path: 'out.ndjson' }))).toEqual({
      exit: 5,
      text: 'stallscope: out.ndjson is empty: the recorder was stopped before its first line.\n  Record again: stallscope record -o FILE\n',
    });
  });

  it('shows what a terminal would obey instead of sending it, line ends of names too', () => {
    const { text } = printed(
      failure('E_FILE_MISSING', { path: 'a\u001b]0;x\u0007b\r\u009b2J\u007f\tc\nd é\u202e\u200b' }),
    );
    expect(text).toContain('a\\x1b]0;x\\x07b\\x0d\\x9b2J\\x7f\\x09c\\x0ad é\\u202e\\u200b');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('what is a fault of ours', () => {
  it('is reported as a bug with its stack', () => {
    const { exit, text } = printed(new TypeError('x is not a function.'));
    expect(exit).toBe(70);
    expect(text).toMatch(/^TypeError: x is not a function\.\n +at /);
    expect(text).toContain('stallscope: stallscope failed: TypeError: x is not a function.\n');
    expect(text).toContain('This is a bug.');
  });

  it('is reported even when it is no Error', () => {
    expect(printed('oops')).toMatchObject({
      exit: 70,
      text: expect.stringContaining('stallscope failed: oops.'),
    });
    expect(printed(undefined).exit).toBe(70);
  });
});
