/** A program as it was before it had a function: a copy in which that has another name. */
import { readFileSync, writeFileSync } from 'node:fs';

export const copyWithout = (program: string, name: string, copy: string): void => {
  const bytes = readFileSync(program);
  const wanted = Buffer.from(`\0${name}\0`);
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1))
    bytes.fill('_', at + 1, at + 1 + name.length);
  writeFileSync(copy, bytes, { mode: 0o755 });
};
