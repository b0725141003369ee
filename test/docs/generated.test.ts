/** Pages made from code are what the code says: `npm run docs` writes them, this holds them to it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { recordingJsonSchema } from '../../src/wire/recording.ts';
import { codesIn, readDoc, root, rowsOf } from './sections.ts';

describe('generated pages', () => {
  it('are current', { timeout: 60_000 }, () => {
    const { exitCode, stderr } = execaSync(process.execPath, ['scripts/write-docs.mjs', '--check'], {
      cwd: root,
      reject: false,
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('publish the schema by which this source writes recordings, not that of an older build', () => {
    expect(JSON.parse(readDoc('docs/recording.schema.json'))).toEqual(
      JSON.parse(JSON.stringify(recordingJsonSchema())),
    );
  });

  it('name every variable of the environment that the source reads', () => {
    const environment = readDoc('docs/reference.md').split('\n## Environment\n')[1]?.split('\n## ')[0] ?? '';
    const named = rowsOf(environment).flatMap(([names]) => codesIn(names ?? ''));
    const read = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .flatMap((path) => [...readDoc(join('src', path)).matchAll(/\benv\.([A-Z][A-Z_]+)/g)])
      .map(([, name]) => name ?? '');
    expect(read.length).toBeGreaterThan(5);
    for (const name of [...read, 'STALLSCOPE_BPFTRACE']) expect(named).toContain(name);
  });
});
