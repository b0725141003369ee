import type { Context } from './context.ts';

/** Our own voice, beside what is asked for on stdout. */
export const say = ({ stderr }: Pick<Context, 'stderr'>, text: string): void => {
  stderr.write(`stallscope: ${text}\n`);
};
