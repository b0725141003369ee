/** `stallscope schema`: the JSON Schema of what a command prints or a recording holds. */
import { failure } from '../errors.ts';
import { SCHEMAS } from '../wire/outputs.ts';
import type { Context } from './context.ts';

export const SCHEMA_NAMES: readonly string[] = Object.keys(SCHEMAS);

export const printSchema = async ({ out }: Context, name: string): Promise<number> => {
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (schema === undefined)
    throw failure('E_USAGE', {
      fact: `There is no schema "${name}": ${SCHEMA_NAMES.join(', ')}.`,
      command: 'stallscope schema',
    });
  out.lines(JSON.stringify(schema(), null, 2).split('\n'));
  return 0;
};
