// npm run deb [-- x64|arm64 …]: dist/stallscope_VERSION_ARCH.deb, for the processor here if none is named.
import { writeBundle } from './bundle/bundle.mjs';
import { writeDeb } from './deb/deb.mjs';
import { architecturesAsked } from './executable/asked.mjs';

const architectures = architecturesAsked();
await writeBundle();
for (const arch of architectures) process.stderr.write(`${await writeDeb(arch)}\n`);
