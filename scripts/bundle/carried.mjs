// What the one file carries besides code, by its path in a checkout.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../root.mjs';

const CARRIED = [
  { folder: '.', pattern: /^LICENSE$/ },
  { folder: 'probes', pattern: /^[^/]+\/(?:probe\.json|[^/]+\.bt)$/ },
  { folder: 'examples', pattern: /^[^/]+\.ndjson\.gz$/ },
  { folder: 'docs', pattern: /^(?:runbooks\/[^/]+\.md|stallscope\.1)$/ },
  { folder: 'assets/report', pattern: /^[^/]+\.(?:js|css)$/ },
  { folder: 'node_modules/uplot/dist', pattern: /^uPlot\.(?:iife\.min\.js|min\.css)$/ },
];

export const carriedPaths = () =>
  CARRIED.flatMap(({ folder, pattern }) =>
    readdirSync(join(root, folder), { recursive: folder !== '.' })
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => posix.join(folder, name)),
  );

/** Texts as they are, so that the file can be read; what is no text in base64. */
export const carriedFiles = () =>
  Object.fromEntries(
    carriedPaths().map((path) => {
      const bytes = readFileSync(join(root, path));
      return [path, path.endsWith('.gz') ? { base64: bytes.toString('base64') } : bytes.toString('utf8')];
    }),
  );
