/**
 * A word for a POSIX shell, whatever is in it: between single quotes nothing means anything but the quote itself. What
 * cannot be misread stays as it is, so that a command line can be read by people.
 *
 * @throws for a NUL, which no argument can hold
 */
export const quote = (word: string): string => {
  if (word.includes('\0')) throw new RangeError('a word of a shell cannot hold NUL');
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
};

const PLAIN = /^[\w./:@%+,-]+$/;

export const quoteAll = (words: readonly string[]): string => words.map(quote).join(' ');
