/** Small C programs, compiled for a test. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';

/** Compiles C source to `dir/name` and returns that path. */
export const compile = (dir: string, name: string, source: string, ...flags: readonly string[]): string => {
  const program = join(dir, name);
  writeFileSync(`${program}.c`, source);
  execaSync('cc', ['-O2', ...flags, '-o', program, `${program}.c`]);
  return program;
};
