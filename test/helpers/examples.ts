/** The bundled recordings, real ones made by this tool, and those that tests have. */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { forLong, HAS_TIME } from './requires.ts';

const recordingsIn = (path: string): string[] => {
  const folder = fileURLToPath(new URL(`../../${path}/`, import.meta.url));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => /\.ndjson(\.gz)?$/.test(name))
    .sort()
    .map((name) => folder + name);
};

export const examples: readonly string[] = recordingsIn('examples');

/** Of the first version, and of incidents and what only looks like one. */
const fixtures = ['test/fixtures/recordings', 'test/fixtures/incidents'].flatMap(recordingsIn);

/** So many are gone through where time is short. */
const SHORT = 3;

type Body = (path: string) => void | Promise<void>;

const itFor = (path: string, now: boolean, body: Body): void => {
  it.skipIf(!now)(now ? basename(path) : forLong(basename(path)), () => body(path));
};

/** A test of each, by its name. */
export const itForEachExample = (body: Body): void => {
  for (const [index, path] of examples.entries()) itFor(path, HAS_TIME || index < SHORT, body);
};

/** The bundled ones; where there is time, all that tests have too. */
export const recordings: readonly string[] = HAS_TIME ? [...examples, ...fixtures] : examples;

export const itForEachRecording = (body: Body): void => {
  for (const path of [...examples, ...fixtures]) itFor(path, recordings.includes(path), body);
};
