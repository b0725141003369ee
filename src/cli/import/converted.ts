/** Files that only the program that wrote them can read: what it makes of them, where it is installed. */
import type { Chunks } from '../../foreign/lines.ts';
import { outputOf } from './program.ts';

type Converter = {
  readonly what: string;
  readonly isRecognised: (head: Uint8Array) => boolean;
  readonly command: (path: string) => readonly string[];
};

const CONVERTERS: readonly Converter[] = [
  {
    what: "sysstat's own file; of an older version convert it first: sadf -c FILE > NEW",
    // 0xd596, in the byte order of the machine that wrote it.
    isRecognised: ([a, b]) => (a === 0x96 && b === 0xd5) || (a === 0xd5 && b === 0x96),
    command: (path) => ['sadf', '-x', path, '--', '-A'],
  },
];

export const converterOf = (head: Uint8Array): Converter | null =>
  CONVERTERS.find(({ isRecognised }) => isRecognised(head)) ?? null;

/** `path` is null of what is in an archive or comes through a pipe: these programs read files. */
export const converted = ({ what, command }: Converter, path: string | null): Chunks => {
  if (path === null)
    throw new Error(`it is ${what}; its program reads files only: take it out of the archive`);
  return outputOf(command(path.startsWith('-') ? `./${path}` : path), null);
};
