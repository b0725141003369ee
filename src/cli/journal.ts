/**
 * What a run decided and what befell it, a few lines a minute: what it was started with, what attached, steps of the budget,
 * gaps, what went wrong. The last of them are held, and kept in a file of ours only where a run ends with what may be our fault
 * (status 70, or a probe that was refused); with STALLSCOPE_LOG=debug each is printed at once, as a line of JSON. `stallscope doctor --bundle` takes the kept ones along.
 *
 * Writing them down never fails what it is about.
 */
import { appendFileSync } from 'node:fs';
import type { StreamRecord } from '../core/record.ts';
import { EXIT, isFailure } from '../errors.ts';
import { debugPath, type Entry, keepRun, startDebugFile } from './journal-file.ts';

export type Journal = {
  note(event: Entry['event'], facts: Readonly<Record<string, unknown>>): void;
  /** Of the stream, what is worth a line. */
  record(record: StreamRecord): void;
  error(error: unknown): void;
  /** The run is over: with an error that may be ours, what is held is kept. */
  close(status: number): void;
};

type Edges = {
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
};

/** The latest entries of a run. */
const MOST_ENTRIES = 200;
/** How long a stack may be. */
const MOST_STACK_CHARS = 4_000;

/** Errors by which somebody may write to us. */
const OURS: ReadonlySet<number> = new Set([EXIT.bug, EXIT.probe]);

export const VARIABLE = 'STALLSCOPE_LOG';

export const createJournal = (edges: Edges, argv: readonly string[]): Journal => {
  const entries: Entry[] = [];
  const print = printerOf(edges);
  let isOurs = false;

  const note: Journal['note'] = (event, facts) => {
    const entry = { at: new Date().toISOString(), event, ...facts };
    entries.push(entry);
    if (entries.length > MOST_ENTRIES) entries.splice(1, 1);
    print?.(`${JSON.stringify(entry)}\n`);
  };
  // What options were given, not what they were given: values are names.
  const options = argv.slice(1).flatMap((word) => /^--?[a-z][a-z-]*/i.exec(word)?.[0] ?? []);
  note('start', { version: edges.version, node: process.version, command: argv[0] ?? '', options });

  return {
    note,
    record: (record) => {
      const facts = factsOf(record);
      if (facts !== null) note(record.type as Entry['event'], facts);
    },
    error: (error) => {
      isOurs ||= !isFailure(error) || OURS.has(error.exit);
      note('error', errorFacts(error));
    },
    close: (status) => {
      note('exit', { status });
      if (isOurs) keepRun(edges.env, entries);
    },
  };
};

const factsOf = (record: StreamRecord): Readonly<Record<string, unknown>> | null => {
  switch (record.type) {
    case 'probe':
      return { id: record.id, variant: record.variant, state: record.state, reason: record.reason };
    case 'gap':
      return { seconds: (record.bootUs - record.fromBootUs) / 1e6, reason: record.reason };
    case 'trailer':
      return { reason: record.reason, samples: record.samples };
    default:
      return null;
  }
};

const errorFacts = (error: unknown): Readonly<Record<string, unknown>> => {
  const cause = isFailure(error) ? error.cause : error;
  return {
    ...(isFailure(error) ? { code: error.code, exit: error.exit } : {}),
    message: error instanceof Error ? error.message : String(error),
    ...(cause instanceof Error && !isFailure(cause)
      ? { name: cause.name, stack: cause.stack?.slice(0, MOST_STACK_CHARS) }
      : {}),
  };
};

/** On a terminal lines would go through the screen: they go to a file beside the kept ones. */
const printerOf = ({ env, stderr }: Edges): ((line: string) => void) | null => {
  if (env[VARIABLE] !== 'debug') return null;
  if (stderr.isTTY !== true) return (line) => void stderr.write(line);
  const path = debugPath(env);
  if (path === null || !startDebugFile(path)) return null;
  return (line) => {
    try {
      appendFileSync(path, line);
    } catch {
      // Its disk is full, or it is gone.
    }
  };
};
