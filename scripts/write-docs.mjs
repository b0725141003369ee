// Writes the pages that are made from code: the reference, the manual page, docs/errors.md, two tables of
// docs/architecture.md, and the JSON schemas of recordings and of probe.json. Run it after a build (`npm run docs` does
// both); with `--check` it writes nothing and fails when a page is not what the code says.
import { readFileSync, writeFileSync } from 'node:fs';
import { requireBuild, staleBecauseOf } from './built.mjs';
import { writeBundle } from './bundle/bundle.mjs';
import { architecturePage } from './docs/architecture.mjs';
import { errorsPage } from './docs/errors.mjs';
import { manualPage } from './docs/manual.mjs';
import { referencePage } from './docs/reference.mjs';

requireBuild();
const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const built = (path) => import(new URL(`dist/${path}`, root).href);

const { BY_GROWTH, SIGNATURES } = await built('insight/findings/index.js');
const { loadCatalogue } = await built('probes/catalogue.js');
const { manifestJsonSchema } = await built('probes/manifest.js');
const { recordingJsonSchema } = await built('wire/recording.js');

const product = {
  ...(await built('errors.js')),
  ...(await built('screen/keys/keys.js')),
  ...(await built('screen/keys/legend.js')),
  ...(await built('screen/format/glyphs.js')),
  ...(await built('tui/theme.js')),
  probes: loadCatalogue().map(({ manifest }) => manifest),
  FINDING_TITLES: [...SIGNATURES, ...BY_GROWTH].map(({ id, title }) => [id, title]),
};

const PAGES = {
  'docs/architecture.md': architecturePage(read('docs/architecture.md'), read),
  'docs/errors.md': errorsPage(product),
  'docs/probe.schema.json': `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`,
  'docs/recording.schema.json': `${JSON.stringify(recordingJsonSchema(), null, 2)}\n`,
  'docs/reference.md': referencePage(product),
  'docs/stallscope.1': manualPage(product),
};

const textOf = (path) => {
  try {
    return read(path);
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
};

const check = process.argv.includes('--check');
for (const [path, text] of Object.entries(PAGES)) {
  if (textOf(path) === text) continue;
  if (!check) {
    writeFileSync(new URL(path, root), text);
  } else {
    process.stderr.write(`${path} is not current. Write it again: npm run docs\n`);
    process.exitCode = 1;
  }
}
// The one file carries the manual page.
if (!check && staleBecauseOf() !== null) await writeBundle();
