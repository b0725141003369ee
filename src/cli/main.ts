/** The process: its edges, its signals, and the one place where its exit status is decided. */
import { writeSync } from 'node:fs';
import { CommanderError } from 'commander';
import { assets } from '../assets/here.ts';
import { EXIT, failure } from '../errors.ts';
import { createSystemClock } from '../host/clock.ts';
import { inspectProcess } from '../host/inspect.ts';
import { localFiles } from '../host/local-files.ts';
import { localMachine } from '../host/machine.ts';
import type { Context } from './context.ts';
import { EXIT_OF, isSignal, type Listening, listenForInterruption } from './interruption.ts';
import { createJournal, type Journal, VARIABLE } from './journal.ts';
import { survivesLostTerminal } from './lost-terminal.ts';
import { settleHere } from './on-host.ts';
import { createOutput, type Lost, type Output } from './output.ts';
import { asBug, printError } from './print-error.ts';
import { runProgram } from './program.ts';

/** Runs to the end and resolves with the exit status; everything that was opened is closed by then. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const { stdin, stdout, stderr, env } = process;
  survivesLostTerminal(process);
  const { version } = assets;
  const journal = createJournal({ version, env, stderr }, argv);
  process.on('uncaughtException', (error) => crash(error, journal));
  const interruption = listenForInterruption(process);
  const status = await run(
    { version, env, stdin, stdout, stderr, ...thisHost(env), interruption, journal },
    argv,
  );
  journal.close(status);
  const reason = interruption.reason();
  // What waits for a reader that does not read would keep us alive.
  if (reason !== null && isSignal(reason)) process.exit(status);
  return status;
};

/** The host that we run on. */
export const thisHost = (
  env: NodeJS.ProcessEnv,
): Pick<Context, 'files' | 'machine' | 'clock' | 'settle' | 'inspect' | 'remote'> => ({
  files: localFiles,
  machine: localMachine(env),
  clock: createSystemClock(localFiles),
  settle: settleHere(localFiles),
  inspect: (pid, startMs, wanted) => inspectProcess(localFiles, pid, startMs, wanted),
  remote: null,
});

type Edges = Omit<Context, 'out' | 'interruption' | 'journal'> & {
  readonly interruption: Listening;
  readonly journal?: Journal;
};

/** The same within the edges that it is handed: an error is reported there, and is a status. */
export const run = async (edges: Edges, argv: readonly string[]): Promise<number> => {
  const { stdout, stderr, interruption } = edges;
  const out = createOutput(stdout, (lost) => {
    // At once: a command of the user's may go on for hours.
    if (lost.reason === 'output lost') printError(outputError(lost), stderr);
    interruption.request(lost.reason);
  });
  const journal = edges.journal ?? createJournal(edges, argv);
  const status = await statusOf({ ...edges, out, journal }, argv);
  await flushed(out, interruption);
  return status === EXIT.ok && out.lost()?.reason === 'output lost' ? EXIT.output : status;
};

/** A reader that does not read is not waited for once we are asked to end. */
const flushed = (out: Output, interruption: Listening): Promise<void> =>
  Promise.race([
    out.flushed(),
    new Promise<void>((resolve) =>
      interruption.onRequest((reason) => {
        if (isSignal(reason)) resolve();
      }),
    ),
  ]);

const outputError = ({ code }: Lost): Error => failure('E_OUTPUT_LOST', { why: code });

const statusOf = async (context: Context, argv: readonly string[]): Promise<number> => {
  const { stderr, interruption, journal, env } = context;
  try {
    checkLog(env);
    return await runProgram(context, argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      return printError(usageError(error), stderr);
    }
    const reason = interruption.reason();
    // What was given up because we were asked to end is no error.
    if (reason !== null && (error as NodeJS.ErrnoException).code === 'ABORT_ERR') return EXIT_OF[reason];
    journal.error(error);
    return printError(error, stderr);
  }
};

const checkLog = (env: NodeJS.ProcessEnv): void => {
  const level = env[VARIABLE] ?? '';
  if (level !== '' && level !== 'debug')
    throw failure('E_USAGE', { fact: `${VARIABLE} can only be "debug".`, command: 'stallscope' });
};

/** Whoever changed the terminal hands it back on exit; what went wrong is reported after that, or nobody would see it. */
const crash = (error: unknown, journal: Journal): void => {
  journal.error(asBug(error));
  journal.close(EXIT.bug);
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
