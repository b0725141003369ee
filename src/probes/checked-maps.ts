/**
 * Maps that hold what a later clause looks for: when a call began, what a process is. Full, they take no new key, and
 * what that clause would have counted is missing without a word (bpftrace reports only from 0.23 on). So each key is read
 * back where it is set, and what did not stay is counted under the number of its map (frame.ts): one lookup more,
 * 20 ns, where a call begins. An absent key reads as zero: one that was set to zero reads the same, and nothing misses it.
 */
import type { Clause } from './fragment.ts';
import type { Manifest } from './manifest.ts';

export type CheckedMap = {
  readonly map: string;
  /** What a clause that looks into it counts. */
  readonly metrics: readonly string[];
};

/** Values that do not compare with zero, or are no plain assignment. */
const NO_NUMBER = /\b(?:str|kstack|ustack|ksym|usym|comm|ntop|buf|count|sum|min|max|avg|stats|hist|lhist)\b/;
const NEVER_ZERO = /^(?:\(uint64\)\s*)?(?:nsecs|[1-9]\d*)$/;

/** `@map[key] = value;`, with the key and the value. */
export const assignments = (map: string): RegExp =>
  new RegExp(`${map}\\[((?:[^[\\]]|\\[[^\\]]*\\])*)\\]\\s*=(?!=)\\s*([^;]+);`, 'g');

/** The same body, with a look at each key of `map` that it sets. */
export const withChecks = (body: string, map: string, number: number, fullMap: string): string =>
  body.replace(assignments(map), (statement: string, key: string, value: string) => {
    if (NO_NUMBER.test(value)) return statement;
    const meant = NEVER_ZERO.test(value.trim()) ? '' : ` && (${value}) != 0`;
    return `${statement} if (${map}[${key}] == 0${meant}) { ${fullMap}[${number}] = count(); }`;
  });

/** Whether the clause looks into the map: it does more with it than set and delete its keys. */
export const looksInto = ({ predicate, body }: Pick<Clause, 'predicate' | 'body'>, map: string): boolean => {
  const read = body
    .replace(assignments(map), (_statement, _key, value: string) => `${value};`)
    .replaceAll(`delete(${map}[`, '');
  return new RegExp(`${map}\\[`).test(predicate + read);
};

/** Each map that clauses look into, with the number under which it is counted when it is full. */
export const numberMaps = (
  selected: readonly { readonly manifest: Pick<Manifest, 'scratch'> }[],
): ReadonlyMap<string, number> =>
  new Map(
    selected
      .flatMap(({ manifest }) => manifest.scratch.map(({ map }) => map))
      .map((map, number) => [map, number]),
  );

/** By their numbers, with what misses one that is full. */
export const checkedMaps = (
  numbers: ReadonlyMap<string, number>,
  parts: readonly { readonly checked: readonly CheckedMap[] }[],
): CheckedMap[] =>
  [...numbers.keys()].map((map) => ({
    map,
    metrics: parts.flatMap(({ checked }) => checked.flatMap((one) => (one.map === map ? one.metrics : []))),
  }));
