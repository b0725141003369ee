/** What each file comes to: a source that was read, or why it was left out. Archives are gone through as they come by. */
import { failure, isFailure } from '../../errors.ts';
import { FORMATS, recognise } from '../../foreign/formats.ts';
import type { Chunks } from '../../foreign/lines.ts';
import type { Asked, Format, Read } from '../../foreign/source.ts';
import { isTar, readTar } from '../../foreign/tar.ts';
import { converted, converterOf } from './converted.ts';
import type { Found } from './paths.ts';
import { packingOf, unpack } from './unpack.ts';

export type Taken = Read & { readonly name: string; readonly under: string; readonly format: Format };

export type Skipped = { readonly name: string; readonly why: string };

export type Harvest = {
  readonly taken: Taken[];
  readonly skipped: Skipped[];
  /** Files of no format that is known: a folder of a support report has thousands. */
  unknown: number;
};

/** `format` is what files given by name are of; null: see what they are. */
export type Wishes = Omit<Asked, 'writtenMs' | 'endedMs'> & { readonly format: Format | null };

type Piece = Omit<Found, 'open'> & { readonly chunks: Chunks; readonly isConverted?: boolean };

const HEAD_BYTES = 64 * 1024;
/** An archive of packed files, packed itself. */
const MOST_LAYERS = 4;
const SOURCES_HELD = 2_000;

/** Throws E_IMPORT for a file that was given by name and cannot be read. */
export const takeFile = async (
  harvest: Harvest,
  { open, ...found }: Found,
  wishes: Wishes,
): Promise<void> => {
  try {
    await takePiece(harvest, { ...found, chunks: open() }, wishes, 0);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (isFailure(error) || code === 'ABORT_ERR') throw error;
    if (found.isAsked && code !== undefined)
      throw failure('E_FILE_UNREADABLE', { path: found.name, why: code }, error);
    leaveOut(harvest, found, code ?? message);
  }
};

const takePiece = async (harvest: Harvest, piece: Piece, wishes: Wishes, layer: number): Promise<void> => {
  const { head, whole } = await peeked(piece.chunks);
  const packing = packingOf(head);
  if (packing !== null) {
    if (layer === MOST_LAYERS) return leaveOut(harvest, piece, 'it is packed too many times');
    return takePiece(harvest, { ...piece, chunks: unpack(whole, packing) }, wishes, layer + 1);
  }
  const converter = piece.isConverted === true ? null : converterOf(head);
  if (converter !== null) {
    if (!piece.isAsked && converter.isPart?.(head) === true) return;
    const chunks = converted(converter, { path: pathOf(piece, layer), chunks: whole });
    return takePiece(harvest, { ...piece, isConverted: true, chunks }, wishes, layer + 1);
  }
  if (isTar(head)) return takeArchive(harvest, { ...piece, chunks: whole }, wishes, layer);
  return takeText(harvest, { ...piece, chunks: whole }, head, wishes);
};

const takeArchive = async (harvest: Harvest, piece: Piece, wishes: Wishes, layer: number): Promise<void> => {
  if (layer === MOST_LAYERS) return leaveOut(harvest, piece, 'it is an archive within too many others');
  const problem = await readTar(piece.chunks, async ({ name, writtenMs, chunks }) => {
    const member: Piece = { ...piece, name: `${piece.name}:${name}`, isAsked: false, writtenMs, chunks };
    try {
      await takePiece(harvest, member, { ...wishes, format: null }, layer + 1);
    } catch (error) {
      if (isFailure(error)) throw error;
      leaveOut(harvest, member, (error as Error).message);
    }
  });
  // What came before its damage is whole.
  if (problem !== null) harvest.skipped.push({ name: piece.name, why: problem.why });
};

const takeText = async (
  harvest: Harvest,
  piece: Piece,
  head: Uint8Array,
  { format: asked, ...wishes }: Wishes,
): Promise<void> => {
  const format = (piece.isAsked ? asked : null) ?? recognise(Buffer.from(head).toString('utf8'));
  if (format === null) {
    if (!piece.isAsked) {
      harvest.unknown += 1;
      return;
    }
    return leaveOut(harvest, piece, `it is none of: ${FORMATS.map(({ what }) => what).join('; ')}`);
  }
  if (harvest.taken.length >= SOURCES_HELD)
    return leaveOut(harvest, piece, `${SOURCES_HELD} sources are held already`);
  const { writtenMs, under, isAsked } = piece;
  const endedMs = under === '-' && isAsked ? null : writtenMs;
  const read = await format.read(piece.chunks, { ...wishes, writtenMs, endedMs });
  if ('why' in read) return leaveOut(harvest, piece, `${read.where}: ${read.why}`);
  harvest.taken.push({ ...read, format, name: piece.name, under: piece.under });
};

/** Of a file given by name that is an error: whoever named it counts on it. */
const leaveOut = (
  harvest: Harvest,
  { name, isAsked }: Pick<Piece, 'name' | 'isAsked'>,
  why: string,
): void => {
  if (isAsked) throw failure('E_IMPORT', { path: name, why });
  harvest.skipped.push({ name, why });
};

/** Where it lies on the disk as it is; null when it does not. */
const pathOf = ({ name, under }: Piece, layer: number): string | null =>
  layer === 0 && under !== '-' ? name : null;

/** The beginning, and all of it from the beginning. */
const peeked = async (chunks: Chunks): Promise<{ readonly head: Uint8Array; readonly whole: Chunks }> => {
  const source = chunks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < HEAD_BYTES) {
    const { done, value } = await source.next();
    if (done === true) break;
    held.push(value);
    bytes += value.length;
  }
  return {
    head: Buffer.concat(held).subarray(0, HEAD_BYTES),
    whole: (async function* () {
      try {
        yield* held;
        for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
      } finally {
        await source.return?.();
      }
    })(),
  };
};
