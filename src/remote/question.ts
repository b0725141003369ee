/**
 * What can be asked of a file there, and how the answer reads. A question is asked for what a reader of files wants to know
 * (`HostFiles`); alike ones travel in one request and are answered by one program.
 */
import type { FileStat } from '../host/files.ts';
import type { Answer } from './reader.ts';

export type Question = {
  readonly kind: Kind;
  readonly path: string;
  /** Bytes of a head; offset and size of a part; a pattern. */
  readonly more: readonly (number | string)[];
};

/** What is known; null: it is not there, or refuses to be read. */
export type Known =
  | string
  | Buffer
  | FileStat
  | readonly string[]
  | { readonly readable: boolean; readonly executable: boolean }
  | null;

type Kind = 'text' | 'bytes' | 'head' | 'part' | 'names' | 'link' | 'realPath' | 'stat' | 'rights' | 'lines';

export const keyOf = ({ kind, path, more }: Question): string => [kind, path, ...more].join('\t');

export type Request = {
  readonly words: readonly string[];
  readonly questions: readonly Question[];
};

/** Of one request: the reader there takes each word byte by byte. */
const MOST_TOGETHER = 200;
const PART_BYTES = 65_536;

/** Their words for the reader; of a path that its protocol cannot carry, or that is none, nothing is asked. */
export const requestsOf = (questions: readonly Question[]): readonly Request[] => {
  const alike = new Map<'text' | 'stat', Question[]>([
    ['text', []],
    ['stat', []],
  ]);
  const single: Request[] = [];
  for (const question of questions) {
    const { kind, path, more } = question;
    if (kind === 'text' || kind === 'stat') alike.get(kind)?.push(question);
    else single.push({ words: WORDS[kind](path, more), questions: [question] });
  }
  return [
    ...inPortions(alike.get('text') ?? []).map((some) => together('g', some)),
    ...inPortions(alike.get('stat') ?? []).map((some) => together('s', some)),
    ...single,
  ];
};

/** Words travel between tabs, in one line; a relative path is none of a host's. */
export const canBeAsked = (path: string): boolean => path.startsWith('/') && !/[\t\n\0]/.test(path);

const together = (letter: string, questions: readonly Question[]): Request => ({
  words: [letter, ...questions.map(({ path }) => path)],
  questions,
});

const inPortions = (questions: readonly Question[]): readonly (readonly Question[])[] =>
  Array.from({ length: Math.ceil(questions.length / MOST_TOGETHER) }, (_, index) =>
    questions.slice(index * MOST_TOGETHER, (index + 1) * MOST_TOGETHER),
  );

type Words = (path: string, more: Question['more']) => readonly string[];

const WORDS: Readonly<Record<Exclude<Kind, 'text' | 'stat'>, Words>> = {
  bytes: (path) => ['c', path],
  head: (path, [sizeBytes = 0]) => ['h', path, String(sizeBytes)],
  part: (path, [offset = 0, sizeBytes = 0]) => {
    const first = Math.floor(Number(offset) / PART_BYTES);
    const last = Math.ceil((Number(offset) + Number(sizeBytes)) / PART_BYTES);
    return ['p', path, String(first), String(Math.max(1, last - first))];
  },
  names: (path) => ['n', path],
  link: (path) => ['l', path],
  realPath: (path) => ['L', path],
  rights: (path) => ['x', path],
  lines: (path, [pattern = '']) => ['f', path, String(pattern)],
};

/** By question, what the answer says. */
export const readAnswer = (
  { questions }: Request,
  { bytes, status }: Answer,
): ReadonlyMap<Question, Known> => {
  const [first] = questions;
  if (first === undefined) return new Map();
  if (first.kind === 'text') {
    const texts = readTexts(
      bytes,
      questions.map(({ path }) => path),
    );
    return new Map(questions.map((one) => [one, texts.get(one.path) ?? null]));
  }
  if (first.kind === 'stat') {
    const stats = readStats(bytes.toString('utf8'));
    return new Map(questions.map((one) => [one, stats.get(one.path) ?? null]));
  }
  return new Map([[first, readOne(first, bytes, status)]]);
};

const readOne = ({ kind, more }: Question, bytes: Buffer, status: number): Known => {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  switch (kind) {
    case 'names':
      return status !== 0 ? null : lines.length === 1 && lines[0] === '*' ? [] : lines;
    case 'link':
    case 'realPath':
      return status !== 0 ? null : (lines[0] ?? null);
    case 'rights':
      return { readable: lines.includes('r'), executable: lines.includes('x') };
    case 'part': {
      const [offset = 0, sizeBytes = 0] = more.map(Number);
      const from = offset % PART_BYTES;
      return status !== 0 ? null : bytes.subarray(from, from + sizeBytes);
    }
    case 'lines':
      return bytes;
    default:
      return status !== 0 ? null : bytes;
  }
};

/** A file of /proc that belongs to one process. */
const OF_PROCESS = /^(\/proc\/\d+)\//;
const OF_ANY = /^\/proc\/\d+\/stat:/;
const LONGEST_STAT = 32;
/** It ends without a newline; one is put after it on the way. */
const WITHOUT_NEWLINE = /\/wchan$/;

/**
 * `path:line` of each line, in the order of the paths. One that has no line is not there, or empty: an empty one of a process
 * that has others is empty.
 */
export const readTexts = (bytes: Buffer, paths: readonly string[]): ReadonlyMap<string, string> => {
  const texts = new Map<string, string>();
  const wanted = new Set(paths);
  let at = 0;
  while (at < bytes.length) {
    const colon = pathEnd(bytes, at, wanted);
    if (colon === -1) {
      const newline = bytes.indexOf(10, at);
      // A process that began while all of them were read, and nobody asked for by name.
      if (newline === -1 || !OF_ANY.test(bytes.toString('latin1', at, at + LONGEST_STAT))) break;
      at = newline + 1;
      continue;
    }
    const path = bytes.toString('utf8', at, colon);
    const prefix = bytes.subarray(at, colon + 1);
    const parts: Buffer[] = [];
    while (at < bytes.length && bytes.subarray(at, at + prefix.length).equals(prefix)) {
      const newline = bytes.indexOf(10, at);
      const end = newline === -1 ? bytes.length : newline + 1;
      parts.push(bytes.subarray(at + prefix.length, end));
      at = end;
    }
    texts.set(path, asItWas(path, Buffer.concat(parts)));
  }
  const living = new Set([...texts.keys()].flatMap((path) => OF_PROCESS.exec(path)?.[1] ?? []));
  for (const path of paths) {
    const process = OF_PROCESS.exec(path)?.[1];
    if (!texts.has(path) && process !== undefined && living.has(process) && path.endsWith('/cmdline'))
      texts.set(path, '');
  }
  return texts;
};

/** Where the path that begins here ends; -1 for a line that is of no file asked for. */
const pathEnd = (bytes: Buffer, at: number, wanted: ReadonlySet<string>): number => {
  const newline = bytes.indexOf(10, at);
  const end = newline === -1 ? bytes.length : newline;
  for (let colon = bytes.indexOf(58, at); colon !== -1 && colon < end; colon = bytes.indexOf(58, colon + 1))
    if (wanted.has(bytes.toString('utf8', at, colon))) return colon;
  return -1;
};

const asItWas = (path: string, content: Buffer): string => {
  const text = content.toString('utf8');
  return WITHOUT_NEWLINE.test(path) || text.endsWith('\0\n') ? text.slice(0, -1) : text;
};

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/** `dev ino size mtime uid mode name` a line, mode in hexadecimal. */
const readStats = (text: string): ReadonlyMap<string, FileStat> => {
  const stats = new Map<string, FileStat>();
  for (const line of text.split('\n')) {
    const [, dev, ino, size, mtime, uid, raw, path] =
      /^(\d+) (\d+) (\d+) (-?\d+) (\d+) ([0-9a-f]+) (.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const mode = Number.parseInt(raw ?? '0', 16);
    stats.set(path, {
      dev: Number(dev),
      ino: Number(ino),
      size: Number(size),
      mtimeMs: Number(mtime) * 1_000,
      uid: Number(uid),
      mode,
      isFile: () => (mode & FILE_TYPE) === REGULAR,
      isDirectory: () => (mode & FILE_TYPE) === DIRECTORY,
    });
  }
  return stats;
};
