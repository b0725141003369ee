/** The probes there are: the bundled ones, and those of the folders a user names. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { assets } from '../assets/here.ts';
import { failure, suggestion } from '../errors.ts';
import { readFragment } from './fragment.ts';
import type { Manifest, Variant } from './manifest.ts';
import { parseManifest } from './parse-manifest.ts';
import { readProbeFile } from './probe-file.ts';

export type CatalogueEntry = {
  readonly manifest: Manifest;
  readonly folder: string;
  /** Scripts that are in no file, by the name that the manifest gives them. */
  readonly scripts?: ReadonlyMap<string, string>;
};

/**
 * Every bundled probe, those of `dirs` and of `made`, sorted by id, manifests and scripts checked. A directory
 * is either one probe (it holds probe.json) or holds one folder for each.
 *
 * @throws E_PROBE_MANIFEST for a directory without probes, a wrong manifest or script, or an id that is there twice
 */
export const loadCatalogue = (
  dirs: readonly string[] = [],
  made: readonly CatalogueEntry[] = [],
): readonly CatalogueEntry[] => {
  const entries = [...made, ...bundledProbes(), ...dirs.flatMap(probeFolders).map(readProbe)];
  for (const entry of entries) {
    for (const variant of entry.manifest.variants) readFragment(entry, variant);
  }
  const byId = new Map<string, CatalogueEntry>();
  for (const entry of entries) {
    const other = byId.get(entry.manifest.id);
    if (other !== undefined) {
      const why = `its id "${entry.manifest.id}" is that of ${other.folder}`;
      throw failure('E_PROBE_MANIFEST', { path: entry.folder, why });
    }
    byId.set(entry.manifest.id, entry);
  }
  return [...byId.values()].sort((a, b) => (a.manifest.id < b.manifest.id ? -1 : 1));
};

/**
 * The probe of that id.
 *
 * @throws E_UNKNOWN_PROBE, with the nearest id if one is near
 */
export const findProbe = (catalogue: readonly CatalogueEntry[], id: string): CatalogueEntry => {
  const found = catalogue.find((entry) => entry.manifest.id === id);
  if (found !== undefined) return found;
  const ids = catalogue.map(({ manifest }) => manifest.id);
  throw failure('E_UNKNOWN_PROBE', { name: id, nearest: suggestion(ids, id) });
};

/**
 * The variant of that id.
 *
 * @throws E_UNKNOWN_VARIANT, with the nearest id if one is near
 */
export const findVariant = (manifest: Manifest, id: string): Variant => {
  const found = manifest.variants.find((variant) => variant.id === id);
  if (found !== undefined) return found;
  const ids = manifest.variants.map((variant) => variant.id);
  throw failure('E_UNKNOWN_VARIANT', { probe: manifest.id, name: id, nearest: suggestion(ids, id) });
};

/** Their scripts come with them: where they lie, there may be no folder. */
const bundledProbes = (): CatalogueEntry[] =>
  assets.names('probes').map((id) => {
    const folder = assets.place(`probes/${id}`);
    const file = (name: string): string => assets.text(`probes/${id}/${name}`);
    const scripts = assets.names(`probes/${id}`).filter((name) => name.endsWith('.bt'));
    return {
      manifest: parseManifest(file('probe.json'), folder),
      folder,
      scripts: new Map(scripts.map((name) => [name, file(name)])),
    };
  });

const probeFolders = (dir: string): string[] => {
  if (existsSync(join(dir, 'probe.json'))) return [dir];
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failure('E_PROBE_MANIFEST', { path: dir, why: `it cannot be read (${why})` }, cause);
  }
  const folders = names.sort().map((name) => join(dir, name));
  const probes = folders.filter((folder) => existsSync(join(folder, 'probe.json')));
  if (probes.length === 0) {
    throw failure('E_PROBE_MANIFEST', { path: dir, why: 'there is no probe.json in it or in its folders' });
  }
  return probes;
};

const readProbe = (folder: string): CatalogueEntry => {
  return { manifest: parseManifest(manifestText(folder), folder), folder };
};

const manifestText = (folder: string): string => {
  try {
    return readProbeFile(join(folder, 'probe.json'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failure('E_PROBE_MANIFEST', { path: folder, why: `probe.json cannot be read: ${why}` }, cause);
  }
};
