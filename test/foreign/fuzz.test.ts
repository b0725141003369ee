/** A part of `npm run fuzz -- imports` that is the same every time, and every input that has ever failed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../../scripts/built.mjs';
import { root } from '../docs/sections.ts';
import { HAS_TIME } from '../helpers/requires.ts';

type Seed = { readonly path: string; readonly bytes: Buffer; readonly format: { readonly id: string } };
type Imports = {
  readonly importSeeds: () => readonly Seed[];
  readonly tryImport: (
    seed: Pick<Seed, 'format'>,
    bytes: Buffer,
    random: () => number,
  ) => Promise<string | null>;
  readonly tryTar: (bytes: Buffer) => Promise<string | null>;
};
type Mutations = {
  readonly mutateText: (bytes: Buffer, random: () => number) => Buffer;
  readonly randomOf: (seed: number) => () => number;
};

const kept = join(root, 'test', 'fixtures', 'fuzz-imports');
const archive = join(root, 'test', 'fixtures', 'captured', 'tar-1.34', 'report.tar');

describe('damaged output of other tools', () => {
  let imports: Imports;
  let mutations: Mutations;

  beforeAll(async () => {
    requireBuild();
    imports = (await import(join(root, 'scripts/fuzz-imports.mjs'))) as Imports;
    mutations = (await import(join(root, 'scripts/fuzz-recordings.mjs'))) as Mutations;
  }, 60_000);

  it('is read or refused, in time, and prints nothing that a terminal obeys', async () => {
    const seeds = imports.importSeeds();
    expect(new Set(seeds.map(({ format }) => format.id)).size).toBeGreaterThan(6);
    for (const seed of seeds) {
      const random = mutations.randomOf(seed.bytes.length);
      for (let number = 0; number < (HAS_TIME ? 400 : 12); number += 1) {
        const problem = await imports.tryImport(seed, mutations.mutateText(seed.bytes, random), random);
        expect(problem, `${seed.path}, ${number}`).toBeNull();
      }
    }
  }, 600_000);

  it('nor do archives', async () => {
    const bytes = readFileSync(archive);
    const random = mutations.randomOf(1);
    expect(await imports.tryTar(bytes)).toBeNull();
    for (let number = 0; number < (HAS_TIME ? 10_000 : 300); number += 1)
      expect(await imports.tryTar(mutations.mutateText(bytes, random)), `${number}`).toBeNull();
  }, 600_000);

  it('nor anything that once did', async () => {
    const seeds = imports.importSeeds();
    for (const name of existsSync(kept) ? readdirSync(kept) : []) {
      // The longest that fits: one format is called atop, another atop-json.
      const [seed] = seeds
        .filter(({ format }) => name.startsWith(`${format.id}-`))
        .sort((a, b) => b.format.id.length - a.format.id.length);
      if (seed === undefined) throw new Error(`${name} is of no format`);
      const bytes = readFileSync(join(kept, name));
      expect(await imports.tryImport(seed, bytes, () => 0), name).toBeNull();
    }
  });
});
