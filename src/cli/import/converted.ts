/** Files that only the program that wrote them can read: what it makes of them, where it is installed. */
import type { Chunks } from '../../foreign/lines.ts';
import { OF_ARCHIVES } from '../../foreign/wide/pcp.ts';
import { asFile, inMemory } from './nameless.ts';
import { convertedSysstat, isOlder, printedBySadf } from './older-sysstat.ts';
import { handed, outputOf, type Readable } from './program.ts';

type Converter = {
  readonly what: string;
  readonly isRecognised: (head: Uint8Array) => boolean;
  readonly textOf: (from: Readable) => AsyncIterable<Uint8Array>;
  /** Where its program is missing, or of another version: what to do. */
  readonly otherwise: string;
  /** It is one of several files that its program reads together: found in a folder, one of them is enough. */
  readonly isPart?: (head: Uint8Array) => boolean;
};

/** In the byte order of the machine that wrote it, either of them. */
const beginsWith =
  (...magic: readonly number[]) =>
  (head: Uint8Array): boolean =>
    magic.every((byte, at) => head[at] === byte) ||
    magic.every((byte, at) => head[magic.length - 1 - at] === byte);

/** Its label: a length, a magic number, the process, the time, which of the archive's files it is, and the host. */
const PCP_LABEL = 132;
const PCP_MAGIC: readonly number[] = [0x50052602, 0x50052603];
const PCP_VOLUME_AT = 20;
const PCP_META = 0xffffffff;

const wordAt = (head: Uint8Array, at: number): number =>
  new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(at);

const IS_SYSSTAT = beginsWith(0xd5, 0x96);

const CONVERTERS: readonly Converter[] = [
  {
    what: "sysstat's own file, of an older version",
    isRecognised: (head) => IS_SYSSTAT(head) && isOlder(head),
    textOf: convertedSysstat,
    otherwise: 'with the sysstat that wrote it: sadf -x FILE -- -A > FILE.xml, and import that',
  },
  {
    what: "sysstat's own file",
    isRecognised: IS_SYSSTAT,
    textOf: printedBySadf,
    otherwise: 'with the sysstat that wrote it: sadf -x FILE -- -A > FILE.xml, and import that',
  },
  {
    what: "atop's own file",
    isRecognised: beginsWith(0xfe, 0xed, 0xbe, 0xef),
    textOf: ({ path, file }) => outputOf(['atop', '-r', path, '-P', 'ALL'], { file }),
    otherwise:
      'only the version of atop that wrote it can be counted on to read it (or atopconvert): where it is, atop -r FILE -P ALL > FILE.txt, and import that',
  },
  {
    what: "a file of PCP's archive",
    isRecognised: (head) => head.length >= PCP_LABEL && PCP_MAGIC.includes(wordAt(head, 4)),
    textOf: ({ path }) =>
      outputOf([
        'pmrep',
        '-a',
        path.replace(/\.(?:meta|index|\d+)$/, ''),
        '-o',
        'csv',
        '-u',
        '-5',
        '-Z',
        'UTC',
        '-f',
        '%Y-%m-%dT%H:%M:%SZ',
        ...OF_ARCHIVES,
      ]),
    otherwise:
      'where PCP is installed, say which metrics: pmrep -a ARCHIVE -o csv -u -Z UTC METRIC… > FILE.csv, and import that',
    isPart: (head) => wordAt(head, PCP_VOLUME_AT) !== PCP_META,
  },
];

export const converterOf = (head: Uint8Array): Converter | null =>
  CONVERTERS.find(({ isRecognised }) => isRecognised(head)) ?? null;

/** `path` is null of what is in an archive or comes through a pipe: its program reads it from memory then. */
export async function* converted(
  converter: Converter,
  { path, chunks }: { readonly path: string | null; readonly chunks: Chunks },
): AsyncGenerator<Uint8Array> {
  const { what, textOf, otherwise } = converter;
  try {
    if (path !== null) yield* textOf({ path: path.startsWith('-') ? `./${path}` : path });
    else if (converter.isPart === undefined)
      yield* asFile(chunks, inMemory(), (file) => textOf(handed(file)));
    else throw new Error('its program reads its files together: take them out of the archive');
  } catch (error) {
    throw new Error(`it is ${what}, and ${(error as Error).message}; ${otherwise}`, { cause: error });
  }
}
