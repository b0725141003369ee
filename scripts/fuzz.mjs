// npm run fuzz -- [SECONDS] [SEED]: damages recordings and feeds them to everything that reads them: bytes flipped, cut,
// moved, repeated; lines swapped; fields of lines changed to what nobody expects. Whatever comes, a reader must end, in
// time, with an answer or an error of the catalogue, and print no control character. A failing input is kept in
// test/fixtures/fuzz, where test/fuzz.test.ts tries it again for ever.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutateText, mutateValue, randomOf, tryBytes, tryLine } from './fuzz-recordings.mjs';
import { seeds } from './fuzz-seeds.mjs';

const seconds = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1e9);
const kept = join(fileURLToPath(new URL('..', import.meta.url)), 'test', 'fixtures', 'fuzz');

const files = await seeds();
const lines = files.flatMap(({ text }) => text.split('\n').filter(Boolean));
const untilMs = performance.now() + seconds * 1000;
const counts = { files: 0, lines: 0, failed: 0 };
let slowestMs = 0;

const keep = (name, bytes, problem) => {
  counts.failed += 1;
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, name), bytes);
  console.error(`fuzz: ${name}: ${problem}`);
};

for (let seed = firstSeed; performance.now() < untilMs && counts.failed < 20; seed += 1) {
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
console.log(JSON.stringify({ seconds, firstSeed, ...counts, slowestMs: Math.round(slowestMs) }));
process.exitCode = counts.failed === 0 ? 0 : 1;
