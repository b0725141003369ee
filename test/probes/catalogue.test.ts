import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assets } from '../../src/assets/here.ts';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';

const BUNDLED_PROBES = assets.place('probes');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'catalogue-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The bundled kswapd probe under another name, as a user would begin one. */
const writeProbe = (folder: string, id: string): void => {
  mkdirSync(folder, { recursive: true });
  const prefix = (text: string): string => text.replaceAll('@kswapd_', `@${id.replaceAll('-', '_')}_`);
  const json = prefix(readFileSync(join(BUNDLED_PROBES, 'kswapd/probe.json'), 'utf8'));
  writeFileSync(join(folder, 'probe.json'), json.replace('"id": "kswapd"', `"id": "${id}"`));
  for (const file of readdirSync(join(BUNDLED_PROBES, 'kswapd')).filter((name) => name.endsWith('.bt')))
    writeFileSync(join(folder, file), prefix(readFileSync(join(BUNDLED_PROBES, 'kswapd', file), 'utf8')));
};

describe('loadCatalogue', () => {
  it('has the bundled probes, sorted, each in a folder of its name', () => {
    const catalogue = loadCatalogue();
    expect(catalogue.map(({ manifest }) => manifest.id)).toEqual([
      'blocked',
      'disk',
      'faults',
      'inode',
      'iomap',
      'kswapd',
      'oom',
      'page-alloc',
      'python',
      'sync',
      'xfs-alloc',
    ]);
    for (const { manifest, folder } of catalogue) expect(folder).toBe(join(BUNDLED_PROBES, manifest.id));
  });

  it('adds the probes of a directory, and one probe given by its own folder', () => {
    writeProbe(join(dir, 'many/one'), 'a-one');
    writeProbe(join(dir, 'many/two'), 'z-two');
    writeProbe(join(dir, 'alone'), 'alone');
    const ids = loadCatalogue([join(dir, 'many'), join(dir, 'alone')]).map(({ manifest }) => manifest.id);
    expect(ids).toEqual([
      'a-one',
      'alone',
      'blocked',
      'disk',
      'faults',
      'inode',
      'iomap',
      'kswapd',
      'oom',
      'page-alloc',
      'python',
      'sync',
      'xfs-alloc',
      'z-two',
    ]);
  });

  it('refuses an id that is there already', () => {
    cpSync(join(BUNDLED_PROBES, 'iomap'), join(dir, 'iomap'), { recursive: true });
    expect(() => loadCatalogue([dir])).toThrow(`its id "iomap" is that of ${join(BUNDLED_PROBES, 'iomap')}`);
  });

  it('refuses a missing directory, one without probes, a missing script and a wrong one', () => {
    expect(() => loadCatalogue([join(dir, 'none')])).toThrow('it cannot be read');
    expect(() => loadCatalogue([dir])).toThrow('there is no probe.json');
    writeProbe(join(dir, 'mine'), 'mine');
    rmSync(join(dir, 'mine/tracepoint.bt'));
    expect(() => loadCatalogue([dir])).toThrow(
      'the script tracepoint.bt of variant "tracepoint" cannot be read',
    );
    writeFileSync(join(dir, 'mine/tracepoint.bt'), '#define TRACED 1\nBEGIN { }\n');
    expect(() => loadCatalogue([dir])).toThrow('tracepoint.bt:2: ');
  });
});

describe('findProbe', () => {
  const catalogue = loadCatalogue();
  it('finds by id', () => {
    expect(findProbe(catalogue, 'iomap').manifest.id).toBe('iomap');
  });
  it('suggests the nearest name, or nothing when none is near', () => {
    expect(() => findProbe(catalogue, 'iomapp')).toThrow('There is no probe "iomapp". Did you mean "iomap"?');
    expect(() => findProbe(catalogue, 'pagealloc')).toThrow('Did you mean "page-alloc"?');
    expect(() => findProbe(catalogue, 'zzzzzzzz')).toThrow(/^There is no probe "zzzzzzzz"\.$/);
  });
});
