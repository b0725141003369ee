/** Every output is what its schema says, to the last field; and a digest is small, the same each time, and marks data. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OUTPUTS, SCHEMAS } from '../../src/wire/outputs.ts';
import { runHere } from '../helpers/command.ts';
import { examples, itForEachExample } from '../helpers/examples.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { headerOf, sampleOf } from '../helpers/stream.ts';

const printed = async (...args: string[]): Promise<unknown> => {
  const { stdout, stderr, exitCode } = await runHere(...args);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
};

/** A field that the schema does not know is dropped by parsing, and missed here. */
const fits = (name: keyof typeof OUTPUTS, value: unknown): void =>
  expect(OUTPUTS[name].parse(value)).toEqual(value);

describe('outputs', () => {
  itForEachExample(async (path) => {
    fits('summary', await printed('summary', '--json', path));
    fits('analyze', await printed('analyze', '--json', path));
    fits('digest', await printed('analyze', '--digest', path));
    fits('compare', await printed('compare', '--json', path, '--at', '+20s'));
  });

  it('of a symptom fit too', async () => {
    fits('analyze', await printed('analyze', '--json', examples[0] ?? '', '--symptom', 'psi.io.some_us'));
  });
});

it.each(Object.keys(SCHEMAS))('schema %s is JSON Schema that allows what is added later', async (name) => {
  const schema = (await printed('schema', name)) as { $schema?: string };
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  if (name !== 'record') expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
});

it('an unknown schema is refused', async () => {
  const { exitCode, stderr } = await runHere('schema', 'toString');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('record, summary');
});

describe('a digest', () => {
  it('is small, and the same each time', async () => {
    const path = examples[0] ?? '';
    const once = (await runHere('analyze', '--digest', path)).stdout;
    expect((await runHere('analyze', '--digest', path)).stdout).toBe(once);
    expect(once.length).toBeLessThan(16_000);
    expect(JSON.parse(once)).toMatchObject({
      findings: [{ id: 'seek-hole-storm', suspects: [{ name: { data: 'qemu-mirror' } }] }],
    });
  });

  it('has a host of any name as data, cut', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'digest-'));
    try {
      const shown = new Set<string>();
      for (const hostname of [...HOSTILE_NAMES.slice(0, 40), 'x'.repeat(200)]) {
        const file = join(folder, 'x.ndjson');
        const header = headerOf({ host: { ...headerOf().host, hostname } });
        writeFileSync(file, `${JSON.stringify(header)}\n${JSON.stringify(sampleOf(0))}\n`);
        const { recording } = (await printed('analyze', '--digest', file)) as {
          recording: { complete: boolean; host: { data: string; cut?: boolean } };
        };
        expect(recording.complete).toBe(false);
        expect(recording.host.data.length).toBeLessThanOrEqual(64);
        shown.add(recording.host.data);
      }
      expect(shown.size).toBe(41);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
