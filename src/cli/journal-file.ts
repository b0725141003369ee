/**
 * Where the last runs that ended with an error are kept: `journal.json` in the folder of our state, 0600, the latest
 * `MOST_RUNS`, never through a link. A file there that is not ours, or damaged, is begun anew: nothing else depends on it.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readSmallFile } from '../probes/small-file.ts';
import { invokerOf } from './invoker.ts';
import { stateFile } from './state-folder.ts';
import { writeWhole } from './whole-file.ts';

/** Runs that ended with an error. */
const MOST_RUNS = 5;
const MAX_BYTES = 4 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

const KEPT = z.object({
  format: z.literal('stallscope-journal'),
  runs: z.array(z.array(z.looseObject({ at: z.string(), event: z.string() }))),
});

export type KeptRun = z.infer<typeof KEPT>['runs'][number];

export type Entry = {
  readonly at: string;
  readonly event: 'start' | 'status' | 'probe' | 'gap' | 'trailer' | 'error' | 'exit';
  readonly [fact: string]: unknown;
};

const journalPath = (env: Environment): string | null => stateFile(env, 'journal.json');
export const debugPath = (env: Environment): string | null => stateFile(env, 'debug.ndjson');

/** The latest last; none where there is no such file. */
export const readRuns = (env: Environment): readonly KeptRun[] => {
  const path = journalPath(env);
  if (path === null) return [];
  try {
    return KEPT.parse(JSON.parse(readSmallFile(path, MAX_BYTES))).runs;
  } catch {
    return [];
  }
};

/** Whatever stands in its way, the run is over, and its own error is what counts. */
export const keepRun = (env: Environment, entries: readonly Entry[]): void => {
  const path = journalPath(env);
  if (path === null) return;
  const runs = [...readRuns(env), entries].slice(-MOST_RUNS);
  write(env, path, `${JSON.stringify({ format: 'stallscope-journal', runs })}\n`);
};

/** An empty file; false where there can be none. */
export const startDebugFile = (path: string): boolean => write({}, path, '');

const write = (env: Environment, path: string, text: string): boolean => {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(path, text, { force: true, owner: invokerOf(env) });
    return true;
  } catch {
    return false;
  }
};
