/** One file of the kernel's types (BTF; format: the kernel's Documentation/bpf/btf.rst): its types and its strings. */
import type { HostFiles } from './files.ts';

export const MAGIC = 0xeb9f;
export const HEADER_BYTES = 24;
export const TYPE_BYTES = 12;
export const MEMBER_BYTES = 12;

export const KIND = { structure: 4, union: 5, variable: 14, section: 15 } as const;
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

/** One file. Types are found by their number, names compared by their offset among all strings. */
export type Section = {
  readonly types: Buffer;
  /** Of each type, where it begins; the first has the number `firstType`. */
  readonly starts: readonly number[];
  readonly firstType: number;
  readonly strings: Buffer;
  readonly firstString: number;
  /** Whether it ends with a type that is known in full. */
  readonly whole: boolean;
};

export const readSection = (files: HostFiles, path: string, base: Section | null): Section | null => {
  const bytes = files.bytes(path);
  if (bytes === null || bytes.length < HEADER_BYTES || bytes.readUInt16LE(0) !== MAGIC) return null;
  const header = bytes.readUInt32LE(4);
  const types = bytes.subarray(header + bytes.readUInt32LE(8)).subarray(0, bytes.readUInt32LE(12));
  const strings = bytes.subarray(header + bytes.readUInt32LE(16)).subarray(0, bytes.readUInt32LE(20));
  const starts: number[] = [];
  let at = 0;
  while (at + TYPE_BYTES <= types.length) {
    const behind = BEHIND[kindOf(types, at)];
    // A kind of a later kernel: where the next type begins is not known.
    if (behind === undefined) break;
    starts.push(at);
    at += TYPE_BYTES + (infoOf(types, at) & 0xffff) * behind[0] + behind[1];
  }
  return {
    types,
    starts,
    firstType: base === null ? 1 : base.firstType + base.starts.length,
    strings,
    firstString: base === null ? 0 : base.firstString + base.strings.length,
    whole: at === types.length,
  };
};

export const infoOf = (types: Buffer, at: number): number => types.readUInt32LE(at + 4);
export const kindOf = (types: Buffer, at: number): number => (infoOf(types, at) >>> 24) & 0x1f;

/** Offsets of a name among all strings: a module's may have it of its own. */
export const namesOf = (sections: readonly Section[], name: string): readonly number[] =>
  sections.flatMap(({ strings, firstString }) => {
    if (name === '') return [];
    if (strings.subarray(0, name.length + 1).equals(Buffer.from(`${name}\0`))) return [firstString];
    const at = strings.indexOf(`\0${name}\0`);
    return at < 0 ? [] : [firstString + at + 1];
  });
