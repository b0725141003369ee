/** `stallscope explain`: the runbook of a finding, as it comes with the tool; without a name, which there are. */
import { failure, suggestion } from '../errors.ts';
import { FINDING_IDS, titleOf } from '../insight/findings/index.ts';
import { assetText } from './asset-text.ts';
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
  out.lines(assetText(`docs/runbooks/${id}.md`).trimEnd().split('\n'));
  return 0;
};
