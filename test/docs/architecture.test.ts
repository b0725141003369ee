import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codesIn, readDoc, root, rowsOf, sectionOf } from './sections.ts';

type Rule = { readonly name: string; readonly to: { readonly pathNot?: readonly string[] } };

const architecture = readDoc('docs/architecture.md');

describe('docs/architecture.md', () => {
  it('draws the walls that are enforced', () => {
    const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
      readonly forbidden: readonly Rule[];
    };
    const walls = forbidden.filter(({ name }) => name.endsWith('-sees-only-what-it-may'));
    const enforced = walls.map(({ name, to }) => ({
      room: name.replace('-sees-only-what-it-may', ''),
      // The first two are the catalogue of errors and the room itself.
      sees: (to.pathNot ?? []).slice(2),
    }));
    const drawn = rowsOf(sectionOf(architecture, 'walls')).map(([room, , sees]) => ({
      room: (codesIn(room ?? '')[0] ?? '').replace('/', '-'),
      sees: codesIn(sees ?? ''),
    }));
    expect(drawn.map(({ room }) => room)).toEqual(enforced.map(({ room }) => room));
    for (const { room, sees } of drawn) {
      const patterns = (enforced.find((one) => one.room === room)?.sees ?? []).map(
        (text) => new RegExp(text),
      );
      const paths = sees.map((name) => `src/${name}${existsSync(join(root, 'src', name)) ? '/x.ts' : '.ts'}`);
      for (const path of paths)
        expect(
          patterns.some((one) => one.test(path)),
          `${room} ${path}`,
        ).toBe(true);
      for (const one of patterns)
        expect(
          paths.some((path) => one.test(path)),
          `${room} ${one}`,
        ).toBe(true);
    }
  });

  it('states each bound as the source has it', () => {
    const rows = rowsOf(sectionOf(architecture, 'bounds'));
    expect(rows.length).toBeGreaterThan(20);
    for (const [, where, name, value] of rows.map((row) => row.map((cell) => codesIn(cell)[0] ?? cell))) {
      const declared = new RegExp(`const ${name} = ([^;]+);`).exec(readDoc(where ?? ''))?.[1];
      expect(declared, `${where} ${name}`).toBe(value);
    }
  });

  it('has every decision in the list of decisions', () => {
    const files = readdirSync(join(root, 'docs/adr')).filter((file) => /^\d{4}-/.test(file));
    const list = readDoc('docs/adr/README.md');
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = readDoc(`docs/adr/${file}`);
      const title = /^# \d{4}\. (.+)$/m.exec(text)?.[1];
      expect(list, file).toContain(`(${file}) | ${title} |`);
      for (const part of ['Status: ', '## Context', '## Decision', '## Consequences'])
        expect(text, file).toContain(part);
    }
  });
});
