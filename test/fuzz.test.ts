/** A part of `npm run fuzz` that is the same every time, and every input that has ever failed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../scripts/built.mjs';
import { root } from './docs/sections.ts';
import { HAS_TIME } from './helpers/requires.ts';

type Fuzz = {
  readonly tryBytes: (bytes: Buffer) => string | null;
  readonly tryLine: (line: string) => string | null;
  readonly mutateText: (bytes: Buffer, random: () => number) => Buffer;
  readonly mutateValue: (line: string, random: () => number) => string;
  readonly randomOf: (seed: number) => () => number;
};
type LineFuzz = {
  readonly tryOne: (random: () => number) => { readonly line: string; readonly problem: string | null };
  readonly tryKept: (line: string) => string | null;
};
type Lines = {
  readonly lineSeeds: (files: readonly { readonly text: string }[]) => object;
  readonly createLineFuzz: (seeds: object) => LineFuzz;
};
type Seeds = { readonly seeds: () => Promise<{ readonly bytes: Buffer; readonly text: string }[]> };

const kept = join(root, 'test', 'fixtures', 'fuzz');

describe('damaged recordings', () => {
  let fuzz: Fuzz;
  let files: Awaited<ReturnType<Seeds['seeds']>>;
  let shown: LineFuzz;

  beforeAll(async () => {
    // The mutations run against what is built.
    requireBuild();
    fuzz = (await import(join(root, 'scripts/fuzz-recordings.mjs'))) as Fuzz;
    files = await ((await import(join(root, 'scripts/fuzz-seeds.mjs'))) as Seeds).seeds();
    const lines = (await import(join(root, 'scripts/fuzz-lines.mjs'))) as Lines;
    shown = lines.createLineFuzz(lines.lineSeeds(files));
  }, 60_000);

  it('never make a reader fail otherwise than in words, hang, or print what a terminal obeys', () => {
    for (let seed = 1; seed <= (HAS_TIME ? 40 : 10); seed += 1) {
      const random = fuzz.randomOf(seed);
      const file = files[seed % files.length];
      expect(
        fuzz.tryBytes(fuzz.mutateText(file?.bytes ?? Buffer.alloc(0), random)),
        `seed ${seed}`,
      ).toBeNull();
    }
  }, 120_000);

  it('nor does any line', () => {
    const lines = files.flatMap(({ text }) => text.split('\n').filter(Boolean));
    for (let seed = 1; seed <= (HAS_TIME ? 1_500 : 400); seed += 1) {
      const random = fuzz.randomOf(seed);
      const line = fuzz.mutateValue(lines[Math.floor(random() * lines.length)] ?? '', random);
      expect(fuzz.tryLine(line), `seed ${seed}: ${line.slice(0, 300)}`).toBeNull();
    }
  }, 120_000);

  it('nor what many of them together put on the screen', () => {
    const random = fuzz.randomOf(1);
    for (let number = 0; number < (HAS_TIME ? 3_000 : 1_000); number += 1) {
      const { line, problem } = shown.tryOne(random);
      expect(problem, `${number}: ${line.slice(0, 300)}`).toBeNull();
    }
  }, 120_000);

  it('nor anything that once did', () => {
    for (const name of existsSync(kept) ? readdirSync(kept) : []) {
      const bytes = readFileSync(join(kept, name));
      expect(
        name.startsWith('line')
          ? (fuzz.tryLine(bytes.toString('utf8')) ?? shown.tryKept(bytes.toString('latin1')))
          : fuzz.tryBytes(bytes),
        name,
      ).toBeNull();
    }
  });

  it('and what damages them is seen when it matters: the checks themselves can fail', () => {
    expect(fuzz.tryLine('{"type":')).toContain('SyntaxError');
  });
});
