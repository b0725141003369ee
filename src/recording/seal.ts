/**
 * Seals: what closes a block of a recording. A recording is text, NDJSON; its lines are grouped into blocks, each of
 * which is closed by a line of type `block` that states its length, its checksum, and what it spans. Going from seal to
 * seal from the end of a file is its index: nothing else need be read to know where any moment stands.
 *
 * In a packed file each block, its line included, is a gzip member of its own, followed by a seal of fixed length that
 * unpackers pass over: an empty gzip member with an extra field. So `zcat` gives the text and nothing else.
 *
 * Every seal carries a checksum of itself: damage to a seal is distinguished from damage to what it closes. Checksums are CRC-32
 * (as in gzip), computed by the caller.
 */
import { blockSchema } from '../wire/recording.ts';

/** What a seal says, whatever its form. */
export type Seal = {
  /** Bytes in the file before the seal, back to the end of the last one. */
  readonly bytes: number;
  /** Of the text, and how long it is; the same as `bytes` where it is not packed. */
  readonly crc32: number;
  readonly textBytes: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly samples: number;
  readonly checkpoint: boolean;
};

export type Crc32 = (bytes: Uint8Array | string) => number;

/** No seal as a line is longer. */
export const SEAL_LINE_BYTES = 256;
export const SEAL_LINE_START = '{"type":"block",';
const CHECK = /,"check":(\d+)\}$/;

/** A line, with its newline. */
export const sealLine = ({ bytes, crc32, fromUs, toUs, samples, checkpoint }: Seal, crc: Crc32): string => {
  const text = JSON.stringify({ type: 'block', bytes, crc32, fromUs, toUs, samples, checkpoint }).slice(
    0,
    -1,
  );
  return `${text},"check":${crc(text)}}\n`;
};

/** What a line (without its newline) seals; null when it is no seal, or a damaged one. */
export const readSealLine = (line: string, crc: Crc32): Seal | null => {
  const check = CHECK.exec(line);
  if (!line.startsWith(SEAL_LINE_START) || check === null) return null;
  if (crc(line.slice(0, check.index)) !== Number(check[1])) return null;
  const parsed = blockSchema.safeParse(parse(line));
  return parsed.success && isSound({ ...parsed.data, textBytes: parsed.data.bytes })
    ? { ...parsed.data, textBytes: parsed.data.bytes }
    : null;
};

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/** The shortest line that is a sample; a seal cannot promise more of them than there is room for. One of nothing is not ours. */
const LEAST_SAMPLE_BYTES = 64;

const isSound = ({ textBytes, samples, fromUs, toUs }: Seal): boolean =>
  textBytes > 0 && samples * LEAST_SAMPLE_BYTES <= textBytes && fromUs <= toUs && Number.isSafeInteger(toUs);

const MAGIC = 0x31_42_53_53;
const FACTS_BYTES = 44;
/** The subfield of ours that the facts stand in (RFC 1952, 2.3.1.1). */
const GZIP_FIELD = [0x53, 0x73, FACTS_BYTES, 0];
/** How a seal begins in a packed recording: what no other gzip file has. */
export const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 48, 0, ...GZIP_FIELD);
/** An empty block, and the trailer of a member that holds nothing. */
const GZIP_TAIL = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

export const PACKED_SEAL_BYTES = GZIP_HEAD.length + FACTS_BYTES + GZIP_TAIL.length;

export const packedSeal = (seal: Seal, crc: Crc32): Uint8Array => {
  const out = new Uint8Array(PACKED_SEAL_BYTES);
  out.set(GZIP_HEAD);
  out.set(GZIP_TAIL, GZIP_HEAD.length + FACTS_BYTES);
  const view = new DataView(out.buffer, GZIP_HEAD.length, FACTS_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, seal.bytes, true);
  view.setUint32(8, seal.textBytes, true);
  view.setUint32(12, seal.crc32, true);
  view.setFloat64(16, seal.fromUs, true);
  view.setFloat64(24, seal.toUs, true);
  view.setUint32(32, seal.samples, true);
  view.setUint32(36, seal.checkpoint ? 1 : 0, true);
  view.setUint32(40, crc(factsIn(out)), true);
  return out;
};

/** What stands in exactly these bytes; null when it is no seal, or a damaged one. */
export const readPackedSeal = (bytes: Uint8Array, crc: Crc32): Seal | null => {
  if (bytes.length !== PACKED_SEAL_BYTES) return null;
  if (GZIP_HEAD.some((byte, index) => bytes[index] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + GZIP_HEAD.length, FACTS_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return null;
  if (view.getUint32(40, true) !== crc(factsIn(bytes))) return null;
  const seal: Seal = {
    bytes: view.getUint32(4, true),
    textBytes: view.getUint32(8, true),
    crc32: view.getUint32(12, true),
    fromUs: view.getFloat64(16, true),
    toUs: view.getFloat64(24, true),
    samples: view.getUint32(32, true),
    checkpoint: view.getUint32(36, true) === 1,
  };
  return isSound(seal) && seal.fromUs >= 0 ? seal : null;
};

/** All but their checksum. */
const factsIn = (seal: Uint8Array): Uint8Array => seal.subarray(GZIP_HEAD.length, GZIP_HEAD.length + 40);
