/**
 * Flag values of this kernel, from the `print fmt` line of an event's format file. The bits of GFP flags moved
 * twice in the kernels we run on, and a filter with the wrong bit counts the wrong failures, so they are read, not
 * known. The line lists pairs of an expression and a name; two ways of writing the expression are in use:
 *
 *     {(unsigned long)((( gfp_t)0x2000u)), "__GFP_NOWARN"}                  up to 6.8, in hexadecimal
 *     {( unsigned long)(( gfp_t)((((1UL))) << (13))), "__GFP_NOWARN"}       from 6.9, as a shift
 */

/** The value of a single-bit flag, or null when the line does not name it or writes it in a way not known here. */
export const flagValue = (format: string, flag: string): number | null => {
  const before = format.split(`, "${flag}"`)[0];
  if (before === undefined || before === format) return null;
  const expression = before
    .slice(before.lastIndexOf('{') + 1)
    .replace(/\(\s*(unsigned long|gfp_t)\s*\)/g, '');
  const value = evaluate(expression.replace(/[()\s]/g, ''));
  return value !== null && isSingleBit(value) ? value : null;
};

const evaluate = (expression: string): number | null => {
  const hex = /^(0x[0-9a-f]+)[uUlL]*$/.exec(expression)?.[1];
  if (hex !== undefined) return Number(hex);
  const shift = /^1[uUlL]*<<(\d+)[uUlL]*$/.exec(expression)?.[1];
  return shift === undefined ? null : 2 ** Number(shift);
};

const isSingleBit = (value: number): boolean =>
  Number.isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
