// npm run executable [-- x64|arm64 …]: dist/stallscope-linux-ARCH, for the processor here if none is named.
import { statSync } from 'node:fs';
import { writeExecutable } from './executable/executable.mjs';
import { ARCHITECTURES } from './executable/node.mjs';

const given = process.argv.slice(2);
const unknown = given.find((arch) => !ARCHITECTURES.includes(arch));
if (unknown !== undefined) {
  process.stderr.write(`There is no executable for "${unknown}": ${ARCHITECTURES.join(', ')}.\n`);
  process.exit(2);
}
for (const arch of given.length > 0 ? given : [process.arch]) {
  const { path } = await writeExecutable(arch);
  process.stderr.write(`${path}: ${(statSync(path).size / 1e6).toFixed(1)} MB\n`);
}
