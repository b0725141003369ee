/** `stallscope explain`: the runbook of a finding, as it comes with the tool; without a name, which there are. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { failure, suggestion } from '../errors.ts';
import { FINDING_IDS, titleOf } from '../insight/findings/index.ts';
import type { Context } from './context.ts';

const FOLDER = fileURLToPath(new URL('../../docs/runbooks/', import.meta.url));

export const explain = async ({ out }: Pick<Context, 'out'>, id: string | null): Promise<number> => {
  if (id === null) {
    out.lines([
      ...FINDING_IDS.map((one) => `${one.padEnd(24)}${titleOf(one)}`),
      '',
      'Read one: stallscope explain ID',
    ]);
    return 0;
  }
  if (!FINDING_IDS.includes(id))
    throw failure('E_USAGE', {
      fact: `There is no finding "${id}".${suggestion(FINDING_IDS, id)}`,
      command: 'stallscope explain',
    });
  out.lines(runbook(id).trimEnd().split('\n'));
  return 0;
};

/** `id` is one of ours: it becomes part of a path. */
const runbook = (id: string): string => {
  const path = `${FOLDER}${id}.md`;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('E_FILE_UNREADABLE', { path, why: code ?? message }, error);
  }
};
