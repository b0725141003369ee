/**
 * Recordings that were made to hurt: whatever they hold, a reader ends in a small heap, with an answer that is made of numbers
 * and says what it left out. `npm run torture` tries many of each class.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../../scripts/built.mjs';
import { root } from '../docs/sections.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Hostile = { readonly hostileFile: (name: string, seed: number) => Buffer };
let hostile: Hostile;
beforeAll(async () => {
  requireBuild();
  hostile = (await import(join(root, 'scripts/hostile.mjs'))) as Hostile;
});

/** A heap in which what these files would have held has no room. */
const HEAP_MIB = 200;

const run = (command: string, name: string, seed: number) => {
  const file = join(folder, `${name.replaceAll(' ', '-')}.ndjson`);
  writeFileSync(file, hostile.hostileFile(name, seed));
  const args = [`--max-old-space-size=${HEAP_MIB}`, LAUNCHER, command, file, '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status, stdout, stderr };
};

type Summary = {
  readonly pids: readonly object[];
  readonly losses: { readonly byKind: Readonly<Record<string, number>> };
  readonly coverage: Readonly<
    Record<string, { readonly coverage: string; readonly reasons: readonly string[] }>
  >;
};

describe('a reader keeps to its bounds', () => {
  it.each([
    ['a crowd of processes', 'over-limit'],
    ['names without end', 'over-limit'],
    ['parts of counts without end', 'over-limit'],
    ['metrics that nobody described', 'over-limit'],
    ['control groups and probes without end', 'over-limit'],
    ['clocks and numbers beyond all bounds', 'rejected-line'],
  ])('of %s, and says what it left out', { timeout: 120_000 }, (name, kind) => {
    const { status, stdout, stderr } = run('summary', name, 1);
    expect(status, stderr).toBe(0);
    expect(stdout).not.toMatch(/Infinity|NaN/);
    const { losses, coverage, pids } = JSON.parse(stdout) as Summary;
    expect(losses.byKind[kind]).toBeGreaterThan(0);
    expect(pids.length).toBeLessThanOrEqual(65_536);
    if (kind !== 'over-limit') return;
    expect(coverage['iomap.iter']).toMatchObject({
      coverage: 'lower-bound',
      reasons: [expect.stringContaining('more than a session may hold')],
    });
  });

  it.each(['years between two samples', 'seals of nothing', 'seals of next to nothing'])(
    'of %s',
    { timeout: 120_000 },
    (name) => {
      for (const seed of HAS_TIME ? [1, 2, 3, 4] : [1]) {
        const { status, stdout, stderr } = run('analyze', name, seed);
        expect(status, stderr).toBe(0);
        expect(stdout).not.toMatch(/Infinity|NaN/);
      }
    },
  );
});
