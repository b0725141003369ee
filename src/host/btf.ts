/**
 * Where a member stands in one of the kernel's structures, from the type information the kernel carries itself (BTF,
 * /sys/kernel/btf; format: the kernel's Documentation/bpf/btf.rst). A header, the types one after the other, and a
 * string table in which each name stands once. The types of a module stand in a file of its own, which goes on where
 * the kernel's ends: its types count on from the kernel's last one, and its strings from the kernel's last byte.
 * Anything unexpected is null, never a wrong number.
 */
import { join } from 'node:path';
import { extractTypes, type WantedTypes } from './btf-extract.ts';
import {
  infoOf,
  KIND,
  kindOf,
  MEMBER_BYTES,
  namesOf,
  readSection,
  type Section,
  TYPE_BYTES,
} from './btf-section.ts';
import type { HostFiles } from './files.ts';

export type KernelTypes = {
  /**
   * Byte offset of a member in `struct name`; `path` may lead on into it (`m_stats.xs_stats`), and passes through
   * members without a name. null where it is not known, or begins inside a byte.
   */
  offsetOf(name: string, path: string): number | null;
  /** The same in bits, for a member that is a bit field. */
  bitOf(name: string, path: string): number | null;
  /** Where a per-CPU variable lies among the others of the kernel; null where it is not known. */
  perCpuOffset(name: string): number | null;
  /** These of the kernel's own, in a file like its own (btf-extract.ts); null where they are not all known. */
  extract(wanted: WantedTypes): Buffer | null;
};

/**
 * The types of the kernel, and of one module behind them when it has types of its own: one that is built in has not.
 *
 * @param folder /sys/kernel/btf
 */
export const readKernelTypes = (
  files: HostFiles,
  folder: string,
  module: string | null = null,
): KernelTypes => {
  const kernel = readSection(files, join(folder, 'vmlinux'), null);
  // Without all of the kernel's, no number of a type in the module's is right.
  const own =
    module === null || kernel?.whole !== true ? null : readSection(files, join(folder, module), kernel);
  const sections = [own, kernel].filter((section) => section !== null);
  const bitOf = (name: string, path: string): number | null => {
    for (const start of structuresOf(sections, name)) {
      const bit = walk(sections, start, path.split('.'));
      if (bit !== null) return bit;
    }
    return null;
  };
  return {
    offsetOf: (name, path) => {
      const bit = bitOf(name, path);
      return bit !== null && bit % 8 === 0 ? bit / 8 : null;
    },
    bitOf,
    perCpuOffset: (name) => (kernel === null ? null : findVariable(kernel, name)),
    extract: (wanted) => (kernel === null ? null : extractTypes(kernel, wanted)),
  };
};

/** What a type of these kinds is called by another name or with a qualifier: typedef, volatile, const, restrict, tag. */
const ALIASES: ReadonlySet<number> = new Set([8, 9, 10, 11, 18]);

/** A type in the file where it stands. */
type Type = { readonly section: Section; readonly at: number };

const structuresOf = (sections: readonly Section[], name: string): readonly Type[] => {
  const names = namesOf(sections, name);
  return sections.flatMap((section) =>
    section.starts
      .filter((at) => kindOf(section.types, at) === KIND.structure)
      .filter((at) => names.includes(section.types.readUInt32LE(at)))
      .map((at) => ({ section, at })),
  );
};

/** In bits. */
const walk = (sections: readonly Section[], start: Type, path: readonly string[]): number | null => {
  let type: Type | null = start;
  let bits = 0;
  for (const name of path) {
    if (type === null) return null;
    const found = findMember(sections, type, namesOf(sections, name), 0);
    if (found === null) return null;
    bits += found.bits;
    type = typeOf(sections, found.type);
  }
  return bits;
};

const MAX_DEPTH = 16;

/** A member by its name, looked for inside members that have none, too. */
const findMember = (
  sections: readonly Section[],
  { section: { types }, at }: Type,
  names: readonly number[],
  depth: number,
): { readonly bits: number; readonly type: number } | null => {
  const info = infoOf(types, at);
  const kind = kindOf(types, at);
  if ((kind !== KIND.structure && kind !== KIND.union) || depth > MAX_DEPTH) return null;
  const end = Math.min(at + TYPE_BYTES + (info & 0xffff) * MEMBER_BYTES, types.length - MEMBER_BYTES + 1);
  for (let member = at + TYPE_BYTES; member < end; member += MEMBER_BYTES) {
    const name = types.readUInt32LE(member);
    const type = types.readUInt32LE(member + 4);
    const offset = types.readUInt32LE(member + 8);
    // With bit fields in the structure the upper byte is the width of the field.
    const bits = info >>> 31 === 1 ? offset & 0xffffff : offset;
    if (names.includes(name)) return { bits, type };
    const inner = name === 0 ? typeOf(sections, type) : null;
    const found = inner === null ? null : findMember(sections, inner, names, depth + 1);
    if (found !== null) return { bits: bits + found.bits, type: found.type };
  }
  return null;
};

/** The type of a number, under whatever other names it has. */
const typeOf = (sections: readonly Section[], id: number): Type | null => {
  for (let depth = 0, next = id; depth <= MAX_DEPTH; depth += 1) {
    const section = sections.find(
      ({ firstType, starts }) => next >= firstType && next < firstType + starts.length,
    );
    const at = section?.starts[next - section.firstType];
    if (section === undefined || at === undefined) return null;
    if (!ALIASES.has(kindOf(section.types, at))) return { section, at };
    next = section.types.readUInt32LE(at + 8);
  }
  return null;
};

/** Variables stand in the section where they lie, each by the number of its type, with its offset. */
const findVariable = (section: Section, name: string): number | null => {
  const { types, starts, firstType } = section;
  const names = namesOf([section], name);
  const ids = new Set(
    starts.flatMap((at, index) =>
      kindOf(types, at) === KIND.variable && names.includes(types.readUInt32LE(at))
        ? [firstType + index]
        : [],
    ),
  );
  const perCpu = namesOf([section], '.data..percpu');
  for (const at of starts) {
    if (kindOf(types, at) !== KIND.section || !perCpu.includes(types.readUInt32LE(at))) continue;
    const end = Math.min(at + TYPE_BYTES + (infoOf(types, at) & 0xffff) * MEMBER_BYTES, types.length);
    for (let member = at + TYPE_BYTES; member + MEMBER_BYTES <= end; member += MEMBER_BYTES) {
      if (ids.has(types.readUInt32LE(member))) return types.readUInt32LE(member + 4);
    }
  }
  return null;
};
