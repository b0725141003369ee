import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../src/insight/findings/signature.ts';
import { parseFragment } from '../../src/probes/fragment.ts';
import { parseManifest } from '../../src/probes/parse-manifest.ts';
import { blocksOf, codesIn, readDoc, root, rowsOf } from './sections.ts';

const contributing = readDoc('CONTRIBUTING.md');
const [json = ''] = blocksOf(contributing, 'json');
const manifest = parseManifest(json, 'CONTRIBUTING.md');

describe('CONTRIBUTING.md', () => {
  it('shows a probe that loads', () => {
    const [script = ''] = blocksOf(contributing, 'c');
    const [variant] = manifest.variants;
    if (variant === undefined) throw new Error('no variant');
    const clauses = parseFragment(script, manifest, 'CONTRIBUTING.md', variant);
    expect(clauses.flatMap(({ attach }) => attach)).toEqual(
      variant.when.tracepoints?.map((name) => `tracepoint:${name}`),
    );
  });

  it('shows a finding of what that probe counts', async () => {
    const [source = ''] = blocksOf(contributing, 'ts');
    const folder = mkdtempSync(join(tmpdir(), 'contributing-'));
    try {
      writeFileSync(join(folder, 'finding.ts'), source);
      const shown: Record<string, Signature> = await import(join(folder, 'finding.ts'));
      const metrics = Object.values(shown).flatMap(({ anchor, conditions }) => [
        anchor.metric,
        ...conditions.map(({ measure }) => measure.metric),
      ]);
      const counted = manifest.metrics.map(({ name }) => `${manifest.id}.${name}`);
      expect(metrics).toHaveLength(3);
      for (const metric of metrics) expect(counted).toContain(metric);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('sends each of twelve changes to one folder, two at most, that is there', () => {
    const section = contributing.split('\n## Twelve changes, and the folder to open\n')[1]?.split('\n## ')[0];
    const changes = rowsOf(section ?? '');
    expect(changes).toHaveLength(12);
    for (const [change = '', where = ''] of changes) {
      const places = codesIn(where).filter((text) => /^(src|probes)\//.test(text));
      const folders = new Set(places.map((place) => place.split('/').slice(0, 2).join('/')));
      expect(folders.size, change).toBeGreaterThan(0);
      expect(folders.size, change).toBeLessThanOrEqual(2);
      for (const place of places) expect(existsSync(join(root, place)), place).toBe(true);
    }
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readDoc('package.json')) as { scripts: Record<string, string> };
    const pages = [contributing, readDoc('docs/testing.md')];
    const named = pages.flatMap((page) =>
      [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? ''),
    );
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
});
