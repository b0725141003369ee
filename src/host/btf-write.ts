/**
 * Writes types in the kernel's own format (BTF; see btf.ts). Gaps between the members of a structure, and behind the last,
 * are members of their own, arrays of bytes: where a member stands then depends on nobody's idea of alignment.
 */
import { HEADER_BYTES, KIND, MAGIC } from './btf-section.ts';

export type WrittenType = {
  readonly name: string;
  readonly kind: number;
  /** Bytes of a structure, or the number of the type that this one is about. */
  readonly sizeOrType: number;
  readonly members?: readonly WrittenMember[];
  /** What stands behind it: of an array the types of element and index, and the length; of an int its bits. */
  readonly behind?: readonly number[];
};

export type WrittenMember = {
  readonly name: string;
  readonly type: number;
  readonly bits: number;
  readonly bytes: number;
};

export type BtfWriter = {
  /** The number of a type that is filled later. */
  reserve(): number;
  fill(id: number, type: WrittenType): void;
  /** One that refers to no other type, as it is, its names aside. */
  copy(name: string, bytes: Buffer, textAt: (offset: number) => string): number;
  bytes(): Buffer;
};

export const createBtfWriter = (): BtfWriter => {
  const strings = new Map<string, number>([['', 0]]);
  let stringBytes = 1;
  const types: Buffer[] = [];

  const text = (name: string): number => {
    const known = strings.get(name);
    if (known !== undefined) return known;
    const offset = stringBytes;
    strings.set(name, offset);
    stringBytes += name.length + 1;
    return offset;
  };
  const reserve = (): number => types.push(Buffer.alloc(0));
  const add = (bytes: Buffer): number => types.push(bytes);
  const byte = (): number => {
    if (byteType === 0) byteType = add(words([text('char'), info(1, 0), 1, 8]));
    return byteType;
  };
  let byteType = 0;
  const gap = (bytes: number, at: number): readonly number[] => {
    const array = add(words([0, info(3, 0), 0, byte(), byte(), bytes]));
    return [text(`__gap_${at}`), array, at * 8];
  };

  const laidOut = (members: readonly WrittenMember[], size: number): number[][] => {
    const rows: number[][] = [];
    let at = 0;
    for (const member of [...members].sort((one, other) => one.bits - other.bits)) {
      if (member.bits / 8 > at) rows.push([...gap(member.bits / 8 - at, at)]);
      rows.push([text(member.name), member.type, member.bits]);
      at = member.bits / 8 + member.bytes;
    }
    if (size > at) rows.push([...gap(size - at, at)]);
    return rows;
  };

  return {
    reserve,
    fill: (id, { name, kind, sizeOrType, members = [], behind = [] }) => {
      const isUnion = kind === KIND.union;
      const rows = isUnion
        ? members.map((member) => [text(member.name), member.type, member.bits])
        : kind === KIND.structure
          ? laidOut(members, sizeOrType)
          : [];
      types[id - 1] = words([text(name), info(kind, rows.length), sizeOrType, ...rows.flat(), ...behind]);
    },
    copy: (name, bytes, textAt) => {
      const copied = Buffer.from(bytes);
      copied.writeUInt32LE(text(name), 0);
      const kind = (copied.readUInt32LE(4) >>> 24) & 0x1f;
      const perValue = VALUE_BYTES[kind] ?? copied.length;
      for (let at = 12; at + perValue <= copied.length; at += perValue)
        copied.writeUInt32LE(text(textAt(copied.readUInt32LE(at))), at);
      return add(copied);
    },
    bytes: () => {
      const body = Buffer.concat(types);
      const names = Buffer.from(`${[...strings.keys()].join('\0')}\0`, 'latin1');
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt16LE(MAGIC, 0);
      header.writeUInt8(1, 2);
      for (const [index, value] of [HEADER_BYTES, 0, body.length, body.length, names.length].entries())
        header.writeUInt32LE(value, 4 + 4 * index);
      return Buffer.concat([header, body, names]);
    },
  };
};

/** Of an enum's values, which have names. */
const VALUE_BYTES: Readonly<Record<number, number>> = { 6: 8, 19: 12 };

const info = (kind: number, members: number): number => ((kind << 24) | members) >>> 0;

const words = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * index);
  return bytes;
};
