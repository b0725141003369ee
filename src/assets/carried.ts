/** Assets within the one file: texts as they are, and what is no text in base64. */
import type { Assets } from './assets.ts';

export type Carried = Readonly<Record<string, string | { readonly base64: string }>>;

/** `read` is called when the first of them is asked for: most commands need none. */
export const carriedAssets = (version: string, read: () => Carried): Assets => {
  let known: Carried | null = null;
  const files = (): Carried => {
    known ??= read();
    return known;
  };
  const file = (path: string): Carried[string] => {
    const found = Object.hasOwn(files(), path) ? files()[path] : undefined;
    if (found === undefined) throw new Error(`${path} is not in this file`);
    return found;
  };
  const bytes = (path: string): Buffer => {
    const found = file(path);
    return typeof found === 'string' ? Buffer.from(found, 'utf8') : Buffer.from(found.base64, 'base64');
  };
  return {
    version,
    names: (folder) => namesBelow(Object.keys(files()), `${folder}/`),
    bytes,
    text: (path) => {
      const found = file(path);
      return typeof found === 'string' ? found : bytes(path).toString('utf8');
    },
    place: (path) => `stallscope:${path}`,
  };
};

const namesBelow = (paths: readonly string[], folder: string): readonly string[] => {
  const names = paths
    .filter((path) => path.startsWith(folder))
    .map((path) => path.slice(folder.length).split('/')[0] ?? '');
  return [...new Set(names)].sort();
};
