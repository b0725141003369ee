/** The recordings that come with the tool, `bundled:NAME`: in memory, so nothing is ever written beside them. */
import { assets } from '../assets/here.ts';
import { failure, suggestion } from '../errors.ts';
import { memoryBytes } from '../recording/read/bytes.ts';
import { openRecording } from '../recording/read/recording.ts';
import type { Recording } from '../session/ports.ts';

const SCHEME = 'bundled:';
const SUFFIX = /\.ndjson\.gz$/;

/** In order; the first is the demo's. */
export const bundledNames = (): readonly string[] =>
  assets
    .names('examples')
    .filter((name) => SUFFIX.test(name))
    .map((name) => name.replace(SUFFIX, ''));

export const isBundled = (path: string): boolean => path.startsWith(SCHEME);

/** As what reads recordings takes it. Of a name its end will do. Throws E_USAGE. */
export const bundledPath = (wanted: string): string => {
  const names = bundledNames();
  const name = names.find((one) => one === wanted) ?? names.find((one) => one.endsWith(wanted));
  if (name !== undefined) return `${SCHEME}${name}`;
  throw failure('E_USAGE', {
    fact: `There is no bundled recording "${wanted}".${suggestion(names, wanted)}`,
    command: 'stallscope demo',
  });
};

export const openBundled = (path: string): Recording =>
  openRecording(path, { bytes: memoryBytes(bundledFile(path).bytes) });

/** As it would lie in a folder. Throws E_USAGE. */
export const bundledFile = (path: string): { readonly name: string; readonly bytes: Buffer } => {
  const found = bundledPath(path.slice(SCHEME.length));
  const name = `${found.slice(SCHEME.length)}.ndjson.gz`;
  return { name, bytes: assets.bytes(`examples/${name}`) };
};
