/** The process: its edges, its signals, and the one place where its exit status is decided. */
import { readFileSync, writeSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT, failure } from '../errors.ts';
import { createSystemClock } from '../host/clock.ts';
import { localFiles } from '../host/local-files.ts';
import type { Context } from './context.ts';
import { EXIT_OF, listenForInterruption } from './interruption.ts';
import { asBug, printError } from './print-error.ts';
import { runProgram } from './program.ts';

/** Runs to the end and resolves with the exit status; everything that was opened is closed by then. */
export const main = (argv: readonly string[]): Promise<number> => {
  const { stdin, stdout, stderr, env } = process;
  process.on('uncaughtException', crash);
  const interruption = listenForInterruption(process);
  const host = { files: localFiles, clock: createSystemClock(localFiles) };
  return run({ version: readVersion(), env, stdin, stdout, stderr, ...host, interruption }, argv);
};

/** The same within the edges that it is handed: an error is reported there, and is a status. */
export const run = async (context: Context, argv: readonly string[]): Promise<number> => {
  const { stderr, interruption } = context;
  try {
    return await runProgram(context, argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      return printError(usageError(error), stderr);
    }
    const reason = interruption.reason();
    // What was given up because we were asked to end is no error.
    if (reason !== null && (error as NodeJS.ErrnoException).code === 'ABORT_ERR') return EXIT_OF[reason];
    return printError(error, stderr);
  }
};

/** Whoever changed the terminal hands it back on exit; what went wrong is reported after that, or nobody would see it. */
const crash = (error: unknown): void => {
  process.on('exit', () => printError(asBug(error), { write: (text) => writeSync(process.stderr.fd, text) }));
  process.exit(EXIT.bug);
};

const usageError = (error: CommanderError): Error => {
  const fact = error.message
    .replace(/^error: /, '')
    .replace(/\n/g, ' ')
    .trim();
  return failure('E_USAGE', {
    fact: `${fact[0]?.toUpperCase() ?? ''}${fact.slice(1)}.`.replace(/([.?)])\.$/, '$1'),
    command: 'stallscope',
  });
};

const readVersion = (): string => {
  const file = new URL('../../package.json', import.meta.url);
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
};
