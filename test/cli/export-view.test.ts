import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportTo } from '../../src/cli/export-view.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the view as files', () => {
  it('is what is seen, and the moment behind it, private, and never over another', () => {
    const write = exportTo(folder, {});
    expect(write({ as: 'text', text: 'one\ntwo\n' }, buildSnapshot())).toBe(
      `wrote ${join(folder, 'stallscope-2026-11-21T140140')}.txt, and this moment's numbers to .ndjson (no recording: r makes one)`,
    );
    write({ as: 'svg', text: '<svg/>' }, buildSnapshot());
    write({ as: 'html', text: '<p>' }, buildSnapshot());
    expect(readdirSync(folder).sort()).toEqual([
      'stallscope-2026-11-21T140140-2.ndjson',
      'stallscope-2026-11-21T140140-2.svg',
      'stallscope-2026-11-21T140140-3.html',
      'stallscope-2026-11-21T140140-3.ndjson',
      'stallscope-2026-11-21T140140.ndjson',
      'stallscope-2026-11-21T140140.txt',
    ]);
    const path = join(folder, 'stallscope-2026-11-21T140140');
    expect(readFileSync(`${path}.txt`, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(`${path}.txt`).mode & 0o777).toBe(0o600);
    for (const ending of ['.ndjson', '-2.svg', '-3.html'])
      expect(statSync(path + ending).mode & 0o777).toBe(0o600);
    const lines = readFileSync(`${path}.ndjson`, 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['session', 'interval']);
  });

  it('goes through no link, and says when it cannot be written', () => {
    const target = join(folder, 'target');
    symlinkSync(target, join(folder, 'stallscope-2026-11-21T140140.txt'));
    const view = { as: 'text', text: 'x' } as const;
    expect(exportTo(folder, {})(view, buildSnapshot())).toContain('-2.txt');
    // Nor over a text by an SVG of the same moment: they belong together.
    expect(exportTo(folder, {})({ as: 'svg', text: 'x' }, buildSnapshot())).toContain('-3.svg');
    expect(readdirSync(folder)).not.toContain('target');
    expect(exportTo(join(folder, 'nowhere'), {})(view, buildSnapshot())).toMatch(
      /nothing was written to .*ENOENT/,
    );
  });
});
