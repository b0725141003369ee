/**
 * Where a member stands in one of the kernel's structures, from the type information the kernel carries itself (BTF,
 * /sys/kernel/btf/vmlinux; format: the kernel's Documentation/bpf/btf.rst). A header, the types one after the other,
 * and a string table in which each name stands once. Only what a script must know is read: a member's offset. Types
 * of modules stand in files of their own and are not looked at. Anything unexpected is null, never a wrong number.
 */
import { readFileSync } from 'node:fs';

/** Byte offset of `member` in `struct name`; null where it is not known or begins inside a byte. */
export const memberOffset = (path: string, name: string, member: string): number | null => {
  const bytes = readBytes(path);
  if (bytes === null || bytes.length < HEADER_BYTES || bytes.readUInt16LE(0) !== MAGIC) return null;
  const header = bytes.readUInt32LE(4);
  const types = bytes.subarray(header + bytes.readUInt32LE(8)).subarray(0, bytes.readUInt32LE(12));
  const strings = bytes.subarray(header + bytes.readUInt32LE(16)).subarray(0, bytes.readUInt32LE(20));
  const nameAt = strings.indexOf(`\0${name}\0`) + 1;
  const memberAt = strings.indexOf(`\0${member}\0`) + 1;
  return nameAt === 0 || memberAt === 0 ? null : findMember(types, nameAt, memberAt);
};

const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const TYPE_BYTES = 12;
const MEMBER_BYTES = 12;
const STRUCT = 4;

/** Bytes behind each kind of type: so many for each of its `vlen` members, and so many more. */
const BEHIND: readonly (readonly [perMember: number, fixed: number])[] = [
  [0, 0], // 0 is void and never written
  [0, 4], // int
  [0, 0], // pointer
  [0, 12], // array
  [12, 0], // struct
  [12, 0], // union
  [8, 0], // enum
  [0, 0], // forward
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // function
  [8, 0], // function prototype
  [0, 4], // variable
  [12, 0], // section
  [0, 0], // float
  [0, 4], // declaration tag
  [0, 0], // type tag
  [12, 0], // 64-bit enum
];

const findMember = (types: Buffer, nameAt: number, memberAt: number): number | null => {
  for (let at = 0; at + TYPE_BYTES <= types.length; ) {
    const info = types.readUInt32LE(at + 4);
    const kind = (info >>> 24) & 0x1f;
    const members = info & 0xffff;
    const behind = BEHIND[kind];
    // A kind of a later kernel: where the next type begins is not known.
    if (behind === undefined) return null;
    const first = at + TYPE_BYTES;
    if (kind === STRUCT && types.readUInt32LE(at) === nameAt) {
      const offset = offsetIn(
        types.subarray(first, first + members * MEMBER_BYTES),
        memberAt,
        info >>> 31 === 1,
      );
      if (offset !== null) return offset;
    }
    at = first + members * behind[0] + behind[1];
  }
  return null;
};

/** With bit fields in the structure the upper byte is the width of the field. */
const offsetIn = (members: Buffer, memberAt: number, hasBitFields: boolean): number | null => {
  for (let at = 0; at + MEMBER_BYTES <= members.length; at += MEMBER_BYTES) {
    if (members.readUInt32LE(at) !== memberAt) continue;
    const told = members.readUInt32LE(at + 8);
    const bits = hasBitFields ? told & 0xffffff : told;
    return bits % 8 === 0 ? bits / 8 : null;
  }
  return null;
};

const readBytes = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
};
