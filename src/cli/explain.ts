/** `stallscope explain`: the runbook of a finding, as it comes with the tool; without a name, which there are. */
import { assets } from '../assets/here.ts';
import { failure, suggestion } from '../errors.ts';
import { FINDING_IDS, titleOf } from '../insight/findings/index.ts';
import type { Context } from './context.ts';

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
  const path = `docs/runbooks/${id}.md`;
  try {
    return assets.text(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure('E_FILE_UNREADABLE', { path: assets.place(path), why: code ?? message }, error);
  }
};
