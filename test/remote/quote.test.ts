/** What is quoted reaches the other end as it was, in every shell that may be sh there. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote, quoteAll } from '../../src/remote/quote.ts';

const SHELLS: readonly (readonly [string, ...string[]])[] = [
  ['dash'],
  ['bash'],
  ['bash', '--posix'],
  ['busybox', 'sh'],
];
const isHere = ([file]: readonly [string, ...string[]]): boolean =>
  spawnSync(file, ['-c', ':']).error === undefined;

const AT_A_TIME = 40;
/** Any text but NUL, which no argument can hold; often of what means something to a shell. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~=%^ \t\n\r-a'), maxLength: 40 }),
);
const words = fc.array(
  word.map((text) => Buffer.from(text.replaceAll('\0', '')).toString('utf8')),
  { minLength: AT_A_TIME, maxLength: AT_A_TIME },
);

describe('a quoted word', () => {
  for (const shell of SHELLS) {
    const [file, ...args] = shell;
    it.skipIf(!isHere(shell))(`is itself again in ${shell.join(' ')}`, () => {
      fc.assert(
        fc.property(words, (some) => {
          const { stdout } = spawnSync(file, [
            ...args,
            ...(file === 'busybox' ? [] : []),
            '-c',
            `printf '%s\\0' ${quoteAll(some)}`,
          ]);
          expect(stdout.toString('utf8')).toBe(some.map((one) => `${one}\0`).join(''));
        }),
        { numRuns: 25 },
      );
    });
  }

  it('is left as it is where nothing in it means anything', () => {
    expect(quote('/usr/bin/bpftrace')).toBe('/usr/bin/bpftrace');
    expect(quote('')).toBe("''");
    expect(quote('-f')).toBe('-f');
    expect(quote('a=b')).toBe("'a=b'");
    expect(quote("it's")).toBe(`'it'\\''s'`);
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});
