/** The name of a host as the user writes it, `[user@]name`, whatever ssh's configuration makes of it. */
import { failure } from '../errors.ts';

export type Address = {
  /** As it was written. */
  readonly text: string;
  /** Without the user: what the screen calls the host. */
  readonly name: string;
};

const LONGEST = 255;
/** ssh would take the first for an option; the others belong in no name, and could end up in a terminal or a shell. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'it is empty'],
  [/^-|@-/, 'ssh would take what begins with - for an option'],
  [/[^\x21-\x7e]/, 'it holds a space, a control character, or one that is not ASCII'],
  [/['"\\`$;&|<>(){}*?!#~]/, 'it holds a character that means something to a shell'],
  [/^@|@$/, 'there is nothing on one side of the @'],
  [/,/, 'several hosts at a time are not supported yet: run one stallscope for each'],
];

/** @throws E_HOST_NAME */
export const readAddress = (text: string): Address => {
  const why = text.length > LONGEST ? `it is longer than ${LONGEST} characters` : whyNot(text);
  if (why !== null) throw failure('E_HOST_NAME', { value: text.slice(0, LONGEST), why });
  return { text, name: text.slice(text.lastIndexOf('@') + 1) };
};

const whyNot = (text: string): string | null => REFUSED.find(([pattern]) => pattern.test(text))?.[1] ?? null;
