// npm run executable [-- x64|arm64 …]: dist/stallscope-linux-ARCH, for the processor here if none is named.
import { statSync } from 'node:fs';
import { architecturesAsked } from './executable/asked.mjs';
import { writeExecutable } from './executable/executable.mjs';

for (const arch of architecturesAsked()) {
  const { path } = await writeExecutable(arch);
  process.stderr.write(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
}
