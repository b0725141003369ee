/** The probes there are: the bundled ones, and those of the folders a user names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { distance } from 'fastest-levenshtein';
import { failure } from '../errors.ts';
import { readFragment } from './fragment.ts';
import { type Manifest, parseManifest } from './manifest.ts';

export type CatalogueEntry = { readonly manifest: Manifest; readonly folder: string };

/** The folder of the probes we ship: the same distance from src/probes and from dist/probes. */
export const BUNDLED_PROBES = fileURLToPath(new URL('../../probes', import.meta.url));

/**
 * Every probe of the bundled folder and of `dirs`, sorted by id, manifests and scripts checked. A directory is
 * either one probe (it holds probe.json) or holds one folder for each.
 *
 * @throws E_PROBE_MANIFEST for a directory without probes, a wrong manifest or script, or an id that is there twice
 */
export const loadCatalogue = (dirs: readonly string[] = []): readonly CatalogueEntry[] => {
  const entries = [BUNDLED_PROBES, ...dirs].flatMap(probeFolders).map(readProbe);
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
  throw failure('E_UNKNOWN_PROBE', { name: id, nearest: nearest(catalogue, id) });
};

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
  const manifest = parseManifest(readFileSync(join(folder, 'probe.json'), 'utf8'), folder);
  for (const variant of manifest.variants) readFragment(manifest, folder, variant);
  return { manifest, folder };
};

const nearest = (catalogue: readonly CatalogueEntry[], id: string): string => {
  const ranked = catalogue
    .map((entry) => ({ id: entry.manifest.id, distance: distance(entry.manifest.id, id.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  // More than half of it wrong is a guess, not a suggestion.
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.id.length / 2))
    ? ` Did you mean "${best.id}"?`
    : '';
};
