import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/probes/assemble.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { LOCKED_6_18 } from './hosts.ts';

/** The host of the samples: a Python with markers was found there. */
const FACTS = {
  ...LOCKED_6_18,
  program: () => ({ markerProblem: () => null, functionProblem: () => null }),
};
const TARGETS = new Map([['python-usdt', { files: ['/usr/bin/python3.11'], problem: null }]]);

type Line = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

/** What the captured outputs hold must be what the scripts of today print: they are what others test against. */
describe.each(loadCatalogue())('probes/$manifest.id', ({ manifest, folder }) => {
  const lines = readFileSync(join(folder, 'sample.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const maps = lines.filter(({ type }) => type === 'map').flatMap(({ data }) => Object.entries(data));
  const program = assemble({
    selected: [selectVariant(manifest, folder, FACTS, { targets: TARGETS })],
    filter: { kind: 'all' },
    intervalMs: 500,
    mapKeys: 16384,
    facts: FACTS,
  });
  const bindings = new Map(program.bindings.map((binding) => [binding.map, binding]));

  it('has a sample that names only the maps of today, with their number of key parts', () => {
    const counted = maps.filter(([map]) => map !== '@frame_exits');
    expect(counted.length).toBeGreaterThan(0);
    for (const [map, values] of counted) {
      expect([...bindings.keys()]).toContain(map);
      for (const key of Object.keys(values as object)) {
        expect(key.split(',')).toHaveLength(bindings.get(map)?.keyParts ?? 0);
      }
    }
  });

  it('has a sample whose counts never fall', () => {
    const last = new Map<string, number>();
    for (const [map, values] of maps) {
      for (const [key, value] of Object.entries(typeof values === 'object' ? (values as object) : {})) {
        expect(value).toBeGreaterThanOrEqual(last.get(`${map} ${key}`) ?? 0);
        last.set(`${map} ${key}`, Number(value));
      }
    }
    expect(last.size).toBeGreaterThan(0);
  });

  it('has an example, and scripts that introduce themselves', () => {
    expect(existsSync(join(folder, 'example.md'))).toBe(true);
    for (const { file, id } of manifest.variants) {
      const script = readFileSync(join(folder, file), 'utf8');
      expect(script).toContain(`/*\n * ${manifest.id}/${id}   `);
      for (const part of ['USAGE: bpftrace ', 'EXAMPLE:', 'first version']) expect(script).toContain(part);
    }
  });
});
