import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDoc, root } from './sections.ts';

describe('docs/adr', () => {
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
