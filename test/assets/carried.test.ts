/** What is carried in one file is what lies in the folder, to the byte, under the same names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carriedFiles, carriedPaths } from '../../scripts/bundle/carried.mjs';
import { carriedAssets } from '../../src/assets/carried.ts';
import { assets as checkout } from '../../src/assets/here.ts';
import { root } from '../docs/sections.ts';

const carried = carriedAssets('1.2.3', carriedFiles);

describe('carried assets', () => {
  it('are every probe, recording, runbook and part of a page', () => {
    expect(carried.names('probes')).toEqual(checkout.names('probes'));
    const recordings = checkout.names('examples').filter((name) => name.endsWith('.gz'));
    expect(carried.names('examples')).toEqual(recordings);
    expect(carried.names('docs/runbooks')).toEqual(checkout.names('docs/runbooks'));
    expect(carried.names('assets/report')).toEqual(checkout.names('assets/report'));
    expect(carriedPaths().length).toBeGreaterThan(60);
  });

  it('are the same bytes', () => {
    for (const path of carriedPaths()) {
      expect(carried.bytes(path).equals(readFileSync(join(root, path))), path).toBe(true);
      expect(carried.text(path), path).toBe(checkout.text(path));
    }
  });

  it('have names of folders only where there are some, and say what is missing', () => {
    expect(carried.names('probes/iomap')).toContain('probe.json');
    for (const assets of [carried, checkout]) {
      expect(assets.names('no-such-folder')).toEqual([]);
      expect(() => assets.text('probes/no-such-probe/probe.json')).toThrow('probes/no-such-probe/probe.json');
      expect(() => assets.text('__proto__')).toThrow();
    }
  });

  it('are not made before one is asked for', () => {
    let made = 0;
    const assets = carriedAssets('1.2.3', () => {
      made += 1;
      return { 'a/b': 'text' };
    });
    expect([assets.version, assets.place('a/b'), made]).toEqual(['1.2.3', 'stallscope:a/b', 0]);
    expect([assets.text('a/b'), assets.text('a/b'), made]).toEqual(['text', 'text', 1]);
  });
});
