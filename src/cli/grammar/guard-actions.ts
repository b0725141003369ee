/** What a guard is asked to do, in words of the command line. */
import { failure } from '../../errors.ts';
import { type Action, SIGNALS, WRITES } from '../../guard/rules/actions.ts';
import { resolveCommand } from '../../host/which.ts';
import type { Context } from '../context.ts';
import { readSize } from '../options.ts';

export const refuse = (fact: string) => failure('E_USAGE', { fact, command: 'stallscope guard' });

export const readActions = (
  names: readonly string[],
  command: readonly string[] | null,
  { files, env }: Context,
): readonly Action[] => {
  if (names.length === 0)
    throw refuse(
      `A guard needs something to do: --action ${Object.keys(WRITES).join('|')}|io-idle|memory-high:SIZE|signal:NAME|run.`,
    );
  if (command !== null && !names.includes('run'))
    throw refuse('The command after -- is what --action run runs: give it, or leave the command out.');
  return [...new Set(names)].map((name) => {
    if (name !== 'run') return readAction(name);
    if (command === null) throw refuse('--action run runs the command after --: give one.');
    return { label: 'run', kind: 'run', argv: resolveCommand(files, command, env.PATH ?? '') };
  });
};

/** A bound below it would starve whatever it is set for. */
const LEAST_HIGH_BYTES = 16 * 1024 ** 2;

/** Any but `run`. */
export const readAction = (name: string): Action => {
  const write = WRITES[name];
  if (write !== undefined) return write;
  if (name === 'io-idle') return { label: name, kind: name };
  const [kind, value] = name.split(/:(.*)/s, 2);
  if (kind === 'memory-high' && value !== undefined)
    return { label: name, kind, bytes: readSize('--action memory-high:SIZE', value, LEAST_HIGH_BYTES) };
  const signal = SIGNALS.find((one) => `signal:${one}` === name || `signal:${one.slice(3)}` === name);
  if (signal !== undefined) return { label: `signal:${signal.slice(3)}`, kind: 'signal', signal };
  throw refuse(`There is no action "${name}": ${KNOWN.join(', ')}.`);
};

const KNOWN = [
  ...Object.keys(WRITES),
  'io-idle',
  'memory-high:SIZE',
  ...SIGNALS.map((one) => `signal:${one.slice(3)}`),
  'run',
];
