import { readFileSync } from 'node:fs';

/** A file as a real kernel showed it. `sys-…`, `proc-…` and `tracefs-…` are paths with the slashes replaced. */
export const captured = (name: string, origin = 'linux-6.18'): string =>
  readFileSync(new URL(`../fixtures/captured/${origin}/${name}`, import.meta.url), 'utf8');
