/** `stallscope about`: the documents that come with the tool, for those who have one file and nothing beside it. */
import { failure, suggestion } from '../errors.ts';
import { assetText } from './asset-text.ts';
import type { Context } from './context.ts';

type Document = { readonly what: string; readonly paths: readonly string[] };

const DOCUMENTS: Readonly<Record<string, Document>> = {
  man: { what: 'the manual page: stallscope about man | man -l -', paths: ['docs/stallscope.1'] },
  licences: {
    what: 'the licence of stallscope, and those of what it is built of',
    paths: ['LICENSE', 'dist/THIRD-PARTY-LICENSES'],
  },
};

export const DOCUMENT_NAMES: readonly string[] = Object.keys(DOCUMENTS);

export const about = async ({ out, version }: Context, name: string | null): Promise<number> => {
  if (name === null) {
    const { node } = process.versions;
    out.lines([
      `stallscope ${version} on Node ${node}, ${process.platform} ${process.arch}`,
      '',
      ...Object.entries(DOCUMENTS).map(([one, { what }]) => `${one.padEnd(12)}${what}`),
    ]);
    return 0;
  }
  const document = Object.hasOwn(DOCUMENTS, name) ? DOCUMENTS[name] : undefined;
  if (document === undefined)
    throw failure('E_USAGE', {
      fact: `There is no document "${name}".${suggestion(DOCUMENT_NAMES, name)}`,
      command: 'stallscope about',
    });
  for (const path of document.paths) out.write(assetText(path));
  return 0;
};
