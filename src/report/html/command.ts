/** Commands that show what a page says: words that a shell takes for what they are, whatever a file is called. */

const PLAIN = /^[\w@%+=:,./-]+$/;
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Co}|\p{Zl}|\p{Zp}|\p{Variation_Selector}/gu;

/** One word of a command line, for bash, zsh and ksh; what cannot be seen is written by its code. */
export const shellWord = (text: string): string => {
  const word = text.startsWith('-') ? `./${text}` : text;
  if (PLAIN.test(word)) return word;
  const quoted = word.replace(/'/g, "'\\''");
  if (word.search(UNSEEN) < 0) return `'${quoted}'`;
  return `$'${word.replace(/[\\']/g, '\\$&').replace(UNSEEN, coded)}'`;
};

const coded = (character: string): string =>
  `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;

/** Whole seconds after the start, never after the moment: `+1m37s`. */
export const offsetText = (us: number): string => {
  const seconds = Math.max(0, Math.floor(us / 1e6));
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join('');
  return `+${text === '' ? '0s' : text}`;
};
