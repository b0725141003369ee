// npm run fuzz -- [SECONDS] [SEED], npm run fuzz -- lines [COUNT] [SEED], or npm run fuzz -- imports [COUNT] [SEED] (so many of
// each format that can be imported): damages recordings and feeds them to everything that reads them: bytes flipped, cut,
// moved, repeated; lines swapped; fields of lines changed to what nobody expects. Whatever comes, a reader must end, in
// time, with an answer or an error of the catalogue, and print no control character. A failing input is kept in
// test/fixtures/fuzz, where test/fuzz.test.ts tries it again for ever.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSeeds, tryImport } from './fuzz-imports.mjs';
import { createLineFuzz, lineSeeds } from './fuzz-lines.mjs';
import { mutateText, mutateValue, randomOf, tryBytes, tryLine } from './fuzz-recordings.mjs';
import { seeds } from './fuzz-seeds.mjs';

const [mode, ...numbers] = ['lines', 'imports'].includes(process.argv[2])
  ? process.argv.slice(2)
  : ['files', ...process.argv.slice(2)];
const firstSeed = Number(numbers[1] ?? Date.now() % 1e9);
const kept = join(fileURLToPath(new URL('..', import.meta.url)), 'test', 'fixtures');

const files = mode === 'imports' ? [] : await seeds();
const lines = files.flatMap(({ text }) => text.split('\n').filter(Boolean));
const counts = { files: 0, lines: 0, failed: 0 };
const MOST_FAILED = 20;

const keep = (name, bytes, problem, folder = 'fuzz') => {
  counts.failed += 1;
  mkdirSync(join(kept, folder), { recursive: true });
  writeFileSync(join(kept, folder, name), bytes);
  console.error(`fuzz: ${name}: ${problem}`);
};

const damageFiles = (seconds) => {
  const untilMs = performance.now() + seconds * 1000;
  let slowestMs = 0;
  for (let seed = firstSeed; performance.now() < untilMs && counts.failed < MOST_FAILED; seed += 1) {
    const random = randomOf(seed);
    const file = files[Math.floor(random() * files.length)];
    const bytes = mutateText(file.bytes, random);
    const startMs = performance.now();
    const problem = tryBytes(bytes);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    counts.files += 1;
    if (problem !== null) keep(`file-${seed}`, bytes, problem);
    for (let index = 0; index < 100; index += 1) {
      const line = lines[Math.floor(random() * lines.length)];
      const changed = mutateValue(line, random);
      const wrong = tryLine(changed);
      counts.lines += 1;
      if (wrong !== null) keep(`line-${seed}-${index}`, changed, wrong);
    }
  }
  return Math.round(slowestMs);
};

const damageLines = (count) => {
  const fuzz = createLineFuzz(lineSeeds(files));
  const random = randomOf(firstSeed);
  let slowestMs = 0;
  for (let number = 0; number < count && counts.failed < MOST_FAILED; number += 1) {
    const startMs = performance.now();
    const { line, problem } = fuzz.tryOne(random);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    counts.lines += 1;
    // What came before it counts too: the number says how to get there again.
    if (problem !== null) keep(`line-${firstSeed}-${number}`, line, problem);
  }
  return Math.round(slowestMs);
};

const damageImports = async (count) => {
  const random = randomOf(firstSeed);
  const seeds = importSeeds();
  let slowestMs = 0;
  for (const id of new Set(seeds.map(({ format }) => format.id))) {
    const ofFormat = seeds.filter(({ format }) => format.id === id);
    for (let number = 0; number < count && counts.failed < MOST_FAILED; number += 1) {
      const seed = ofFormat[number % ofFormat.length];
      const bytes = mutateText(seed.bytes, random);
      const startMs = performance.now();
      const problem = await tryImport(seed, bytes, random);
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      counts.files += 1;
      if (problem !== null) keep(`${id}-${firstSeed}-${counts.files}`, bytes, problem, 'fuzz-imports');
    }
    console.error(
      `fuzz: ${id}: ${count} mutations of ${ofFormat.length} files, ${counts.failed} failed so far`,
    );
  }
  return Math.round(slowestMs);
};

const WAYS = {
  lines: () => damageLines(Number(numbers[0] ?? 1_000_000)),
  imports: () => damageImports(Number(numbers[0] ?? 10_000)),
  files: () => damageFiles(Number(numbers[0] ?? 60)),
};

const startMs = performance.now();
const slowestMs = await WAYS[mode]();
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(JSON.stringify({ mode, firstSeed, seconds, ...counts, slowestMs }));
process.exitCode = counts.failed === 0 ? 0 : 1;
