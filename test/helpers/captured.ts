/** Fixtures by the name of their origin. */
import { readFileSync } from 'node:fs';

const fixtures = new URL('../fixtures/', import.meta.url);

export const fixture = (path: string): string => readFileSync(new URL(path, fixtures), 'utf8');

/** Every line that is JSON, parsed. */
export const jsonLines = (path: string): unknown[] =>
  fixture(path)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown);
