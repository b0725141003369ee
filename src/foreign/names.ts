/**
 * Metric ids from names of any length and any characters, so that two names never become one. An id holds what
 * recordings allow; where that loses something and the id is taken, or the name is too long, a piece of its hash follows.
 */
import { createHash } from 'node:crypto';

const LONGEST = 120;
const HASH_CHARS = 10;

export type MetricNames = {
  /** null for a name of nothing. */
  idOf(name: string): string | null;
  /** What an id was called. */
  nameOf(id: string): string;
};

export const createMetricNames = (): MetricNames => {
  const ids = new Map<string, string>();
  const names = new Map<string, string>();
  const idOf = (name: string): string | null => {
    const known = ids.get(name);
    if (known !== undefined || name === '') return known ?? null;
    const plain = allowed(name);
    const id = plain.length > LONGEST || names.has(plain) ? hashed(plain, name) : plain;
    ids.set(name, id);
    names.set(id, name);
    return id;
  };
  return { idOf, nameOf: (id) => names.get(id) ?? id };
};

const allowed = (name: string): string => {
  const text = name.replace(/[^\w.:-]/g, '_');
  return /^[a-z]/i.test(text) ? text : `m.${text}`;
};

const hashed = (plain: string, name: string): string => {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARS);
  return `${plain.slice(0, LONGEST - HASH_CHARS - 1)}-${hash}`;
};
