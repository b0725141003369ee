/** `stallscope demo`: a real recording that comes with the tool, on the screen; needs no root and no bpftrace. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { failure, suggestion } from '../errors.ts';
import { openRecording } from '../recording/read/recording.ts';
import { longDuration } from '../screen/format/numbers.ts';
import { BUNDLED_FOLDER } from './bundled.ts';
import type { Context } from './context.ts';
import { type ReplayOptions, replay } from './replay.ts';

/** The first in order is the demo's. */
const SUFFIX = /\.ndjson(\.gz)?$/;

export type DemoOptions = Omit<ReplayOptions, 'file' | 'follow'> & {
  readonly name: string | null;
  readonly list: boolean;
};

export const demo = async (context: Context, options: DemoOptions): Promise<number> => {
  const files = exampleFiles();
  if (files.length === 0) throw failure('E_FILE_MISSING', { path: join(BUNDLED_FOLDER, '*.ndjson') });
  if (!options.list)
    return replay(context, { ...options, follow: false, file: chooseExample(files, options.name) });
  context.out.lines([...files.map(describe), '', 'Watch one: stallscope demo NAME']);
  return 0;
};

export const exampleFiles = (): string[] =>
  readdirSync(BUNDLED_FOLDER)
    .filter((name) => SUFFIX.test(name))
    .sort()
    .map((name) => join(BUNDLED_FOLDER, name));

const nameOf = (file: string): string => file.slice(BUNDLED_FOLDER.length + 1).replace(SUFFIX, '');

const chooseExample = (files: readonly string[], name: string | null): string => {
  const chosen =
    name === null ? files[0] : files.find((file) => nameOf(file) === name || nameOf(file).endsWith(name));
  if (chosen !== undefined) return chosen;
  const names = files.map(nameOf);
  throw failure('E_USAGE', {
    fact: `There is no bundled recording "${name ?? ''}".${suggestion(names, name ?? '')}`,
    command: 'stallscope demo',
  });
};

const describe = (file: string): string => {
  const recording = openRecording(file);
  const { header } = recording;
  const seconds = (recording.endUs() - header.clock.bootUs) / 1e6;
  recording.close();
  const probes = header.probes.map(({ id }) => id).join(', ');
  return `${nameOf(file).padEnd(28)} ${longDuration(seconds).padStart(6)}  Linux ${header.host.kernel}; probes ${probes}`;
};
