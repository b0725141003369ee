import { describe, expect, it } from 'vitest';
import { parseFragment } from '../../src/probes/fragment.ts';
import { parseManifest } from '../../src/probes/manifest.ts';
import { blocksOf, readDoc } from './sections.ts';

const contributing = readDoc('CONTRIBUTING.md');

describe('CONTRIBUTING.md', () => {
  it('shows a probe that loads', () => {
    const [json = ''] = blocksOf(contributing, 'json');
    const [script = ''] = blocksOf(contributing, 'c');
    const manifest = parseManifest(json, 'CONTRIBUTING.md');
    const [variant] = manifest.variants;
    if (variant === undefined) throw new Error('no variant');
    const clauses = parseFragment(script, manifest, 'CONTRIBUTING.md', variant);
    expect(clauses.flatMap(({ attach }) => attach)).toEqual(
      variant.when.tracepoints?.map((name) => `tracepoint:${name}`),
    );
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readDoc('package.json')) as { scripts: Record<string, string> };
    const named = [...contributing.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
