/** Which files a recording is, and what each begins with. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { HeaderRecord } from '../../core/record.ts';
import { RECORDING_VERSION } from '../../core/record.ts';
import { failure } from '../../errors.ts';
import { decodeHeader } from '../../wire/recording.ts';
import { segmentNumber } from '../segment-name.ts';
import { type Block, containerIn, findBlocks, MAX_UNSEALED_BYTES } from './blocks.ts';
import { type Bytes, openBytes } from './bytes.ts';
import { forEachLine, MAX_LINE_BYTES, parseLine } from './lines.ts';
import { loadBlock } from './load.ts';
import { canUnpack } from './unpack.ts';

export type RecordedFile = {
  readonly path: string;
  readonly bytes: Bytes;
  readonly header: HeaderRecord;
  /** What is missing of the header, or that it is a copy. */
  readonly headerTrouble: string | null;
  blocks: Block[];
  /** It was deleted while it was open; nothing of it is held any more but where its samples stood. */
  isGone: boolean;
};

/** The file itself, or the segments of that name, in order. */
export const filesOf = (path: string): string[] => {
  if (existsSync(path)) return [path];
  const folder = dirname(path);
  const name = basename(path);
  const segments = (existsSync(folder) ? readdirSync(folder) : [])
    .map((file) => ({ file, number: segmentNumber(name, file) }))
    .filter((one): one is { file: string; number: number } => one.number !== null)
    .sort((a, b) => a.number - b.number);
  return segments.length === 0 ? [path] : segments.map(({ file }) => join(folder, file));
};

/** Throws a StallscopeError of the E_FILE_ family. */
export const openFile = (path: string, bytes: Bytes = openBytes(path)): RecordedFile => {
  try {
    if (bytes.size() === 0) throw failure('E_FILE_EMPTY', { path });
    const container = containerIn(bytes);
    if (container !== null && !canUnpack(container))
      throw failure('E_FILE_FORMAT', {
        path,
        why: `it is packed with ${container}, which Node ${process.versions.node} cannot unpack: zstdcat ${path} | stallscope replay -`,
      });
    const blocks = blocksOf(path, bytes);
    return { path, bytes, blocks, isGone: false, ...headerOf(path, bytes, blocks) };
  } catch (error) {
    bytes.close();
    throw error;
  }
};

const blocksOf = (path: string, bytes: Bytes): Block[] => {
  try {
    return findBlocks(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw failure('E_FILE_FORMAT', { path, why: `it holds ${error.message}` }, error);
  }
};

/** Copies stand at the end, and beside checkpoints. */
const BLOCKS_SEARCHED = 32;

const headerOf = (
  path: string,
  bytes: Bytes,
  blocks: readonly Block[],
): Pick<RecordedFile, 'header' | 'headerTrouble'> => {
  const [first] = blocks;
  const loaded = first === undefined ? undefined : loadBlock(first);
  const text =
    loaded?.text.length === 0 && first?.container === null ? bytes.read(0, MAX_LINE_BYTES) : loaded?.text;
  const newline = text?.indexOf(0x0a) ?? -1;
  const value =
    text === undefined || newline < 0 ? undefined : parseLine(text, 0, Math.min(newline, MAX_LINE_BYTES));
  const decoded = decodeHeader(value);
  // A block that is not to be believed may still begin with a line that reads well: a copy is better.
  const believed = loaded?.trouble === null;
  if (decoded.kind === 'header' && decoded.missing === null && believed)
    return { header: decoded.header, headerTrouble: null };
  const copy = copyOfHeader(blocks);
  if (copy !== null) return { header: copy, headerTrouble: 'the header is damaged; a copy of it is used' };
  if (decoded.kind === 'newer')
    throw failure('E_FILE_VERSION', { path, version: decoded.version, supported: RECORDING_VERSION });
  if (decoded.kind === 'header') {
    const headerTrouble =
      decoded.missing === null
        ? null
        : `the header is incomplete, what is missing is left open: ${decoded.missing}`;
    return { header: decoded.header, headerTrouble };
  }
  throw failure('E_FILE_FORMAT', {
    path,
    why: whyNot(first, { value, newline, reason: decoded.reason }, bytes.size()),
  });
};

const whyNot = (
  first: Block | undefined,
  line: { readonly value: unknown; readonly newline: number; readonly reason: string },
  size: number,
): string => {
  if (first?.container !== null && first?.container !== undefined && first.trouble !== null)
    return first.trouble.includes('too large')
      ? `it unpacks to more than ${MAX_UNSEALED_BYTES / 1024 / 1024} MiB in one piece`
      : `damaged ${first.container} data: ${first.trouble}`;
  if (line.newline < 0) return `it has no whole line in its ${size} bytes`;
  return line.value === undefined ? 'its first line is not JSON' : line.reason;
};

const copyOfHeader = (blocks: readonly Block[]): HeaderRecord | null => {
  const searched = [...blocks.slice(-BLOCKS_SEARCHED).reverse(), ...blocks.slice(0, BLOCKS_SEARCHED)];
  for (const block of searched) {
    const { text } = loadBlock(block);
    let found: HeaderRecord | null = null;
    forEachLine(text, 0, text.length, (from, to) => {
      if (found !== null || to - from > MAX_LINE_BYTES) return;
      if (text.toString('latin1', from, Math.min(to, from + 16)) !== '{"type":"header"') return;
      const decoded = decodeHeader(parseLine(text, from, to));
      if (decoded.kind === 'header' && decoded.missing === null) found = decoded.header;
    });
    if (found !== null) return found;
  }
  return null;
};
