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
  [/,/, 'one host is meant here, and commas stand between several'],
];

/** On one screen, and over one line. */
export const MOST_HOSTS = 20;

/**
 * Several, with commas between them. What they are called must differ: rows, files and lines go by it.
 *
 * @throws E_HOST_NAME
 */
export const readAddresses = (text: string): readonly Address[] => {
  const addresses = text.split(',').map((one) => readAddress(one.trim()));
  const refuse = (why: string): Error => failure('E_HOST_NAME', { value: text.slice(0, LONGEST), why });
  if (addresses.length > MOST_HOSTS) throw refuse(`more than ${MOST_HOSTS} hosts fit on no screen`);
  const names = addresses.map(({ name }) => name.replace(/[^\w.-]/g, '_').toLowerCase());
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0) throw refuse(`two of them are called ${addresses[twice]?.name}`);
  return addresses;
};

/** @throws E_HOST_NAME */
export const readAddress = (text: string): Address => {
  const why = text.length > LONGEST ? `it is longer than ${LONGEST} characters` : whyNot(text);
  if (why !== null) throw failure('E_HOST_NAME', { value: text.slice(0, LONGEST), why });
  return { text, name: text.slice(text.lastIndexOf('@') + 1) };
};

const whyNot = (text: string): string | null => REFUSED.find(([pattern]) => pattern.test(text))?.[1] ?? null;
