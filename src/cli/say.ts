import { asMessage } from '../core/safe-text.ts';
import type { Context } from './context.ts';

/** Our own voice, beside what is asked for on stdout. */
export const say = ({ stderr }: Pick<Context, 'stderr'>, text: string, ...more: readonly string[]): void => {
  stderr.write(`stallscope: ${[text, ...more].map(asMessage).join('\n  ')}\n`);
};
