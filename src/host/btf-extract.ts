/**
 * A part of the kernel's types as a file of the same format (BTF): the structures that a script names, with only those
 * members, at their places, whose names are in the script. bpftrace 0.17 looks through all of the types, by name and
 * one after the other, for every cast of a script, and has a C compiler read whatever the members of a structure lead to:
 * 1.4 s of CPU time for all probes. Of some dozen types it takes nothing.
 *
 * What is not found makes it null: then bpftrace looks for itself.
 */

import { infoOf, KIND, kindOf, MEMBER_BYTES, namesOf, type Section, TYPE_BYTES } from './btf-section.ts';
import { createBtfWriter } from './btf-write.ts';

export type WantedTypes = {
  /** Without the word `struct`. */
  readonly structs: readonly string[];
  /** Of whichever of the structures. */
  readonly members: ReadonlySet<string>;
  /** Other names, where the kernel has them: what its events' fields are called by. */
  readonly names: ReadonlySet<string>;
};

export const extractTypes = (kernel: Section, wanted: WantedTypes): Buffer | null => {
  const copy = createCopy(kernel, wanted.members);
  const structs = offsetsOf(kernel, wanted.structs);
  const names = offsetsOf(kernel, wanted.names);
  for (const [index, at] of kernel.starts.entries()) {
    const kind = kindOf(kernel.types, at);
    const name = kernel.types.readUInt32LE(at);
    const isStruct = kind === KIND.structure && structs.delete(name);
    if (isStruct || (NAMED.has(kind) && names.has(name)) || hasValue(kernel.types, at, names))
      copy.type(kernel.firstType + index);
  }
  const found = structs.size === 0 && [...wanted.members].every((member) => copy.found.has(member));
  return found ? copy.bytes() : null;
};

/** Names are compared by where they stand; one that stands nowhere is at -1. */
const offsetsOf = (kernel: Section, names: Iterable<string>): Set<number> =>
  new Set([...names].map((name) => namesOf([kernel], name)[0] ?? -1));

/** Whether it is an enum with one of these values. */
const hasValue = (types: Buffer, at: number, names: ReadonlySet<number>): boolean => {
  if (kindOf(types, at) !== ENUM) return false;
  const end = at + TYPE_BYTES + (infoOf(types, at) & 0xffff) * 8;
  for (let value = at + TYPE_BYTES; value < end; value += 8)
    if (names.has(types.readUInt32LE(value))) return true;
  return false;
};

/** Kinds that a field of an event is named by: int, enum, typedef, 64-bit enum. */
const NAMED: ReadonlySet<number> = new Set([1, 6, 8, 19]);
const ENUM = 6;
const VOID = 0;

type Copy = {
  /** The number of a type's copy. */
  type(id: number): number;
  readonly found: ReadonlySet<string>;
  bytes(): Buffer;
};

const createCopy = (kernel: Section, members: ReadonlySet<string>): Copy => {
  const { types, starts, firstType } = kernel;
  const writer = createBtfWriter();
  const copies = new Map<number, number>();
  const found = new Set<string>();
  const textAt = (offset: number): string => {
    const end = kernel.strings.indexOf(0, offset);
    return kernel.strings.toString('latin1', offset, end);
  };
  const nameAt = (at: number): string => textAt(types.readUInt32LE(at));
  const sizeOrType = (at: number): number => types.readUInt32LE(at + 8);

  const type = (id: number): number => {
    const at = starts[id - firstType];
    if (id === VOID || at === undefined) return VOID;
    const known = copies.get(id);
    if (known !== undefined) return known;
    return COPIED[kindOf(types, at)]?.(id, at) ?? VOID;
  };

  const remember = (id: number, copy: number): number => {
    copies.set(id, copy);
    return copy;
  };

  /** One that names another type: it may lead back to itself. */
  const reference = (id: number, at: number): number => {
    const copy = remember(id, writer.reserve());
    writer.fill(copy, { name: nameAt(at), kind: kindOf(types, at), sizeOrType: type(sizeOrType(at)) });
    return copy;
  };

  const composite = (id: number, at: number): number => {
    const copy = remember(id, writer.reserve());
    const kept = membersOf(at).filter(({ name, inner, bitField }) => {
      if (name !== '') return members.has(name) && !bitField;
      return leadsOn(inner, 0);
    });
    for (const { name } of kept) found.add(name);
    writer.fill(copy, {
      name: nameAt(at),
      kind: kindOf(types, at),
      sizeOrType: sizeOrType(at),
      members: kept.map(({ name, inner, bits }) => ({ name, type: type(inner), bits, bytes: sizeOf(inner) })),
    });
    return copy;
  };

  const whole = (id: number, at: number): number => {
    const end = starts[id - firstType + 1] ?? types.length;
    return remember(id, writer.copy(nameAt(at), types.subarray(at, end), textAt));
  };

  const array = (id: number, at: number): number => {
    const copy = remember(id, writer.reserve());
    const [element, index, length] = [12, 16, 20].map((offset) => types.readUInt32LE(at + offset));
    writer.fill(copy, {
      name: '',
      kind: 3,
      sizeOrType: 0,
      behind: [type(element ?? 0), type(index ?? 0), length ?? 0],
    });
    return copy;
  };

  /** By kind; what is left out is void: functions, and what only qualifies a variable. */
  const COPIED: Readonly<Record<number, (id: number, at: number) => number>> = {
    1: whole,
    2: reference,
    3: array,
    4: composite,
    5: composite,
    6: whole,
    7: whole,
    8: reference,
    9: reference,
    10: reference,
    11: reference,
    16: whole,
    18: (_id, at) => type(sizeOrType(at)),
    19: whole,
  };

  const membersOf = (at: number) =>
    Array.from({ length: infoOf(types, at) & 0xffff }, (_, index) => {
      const member = at + TYPE_BYTES + index * MEMBER_BYTES;
      const offset = types.readUInt32LE(member + 8);
      const packed = infoOf(types, at) >>> 31 === 1;
      return {
        name: textAt(types.readUInt32LE(member)),
        inner: types.readUInt32LE(member + 4),
        bits: packed ? offset & 0xffffff : offset,
        bitField: (packed && offset >>> 24 !== 0) || offset % 8 !== 0,
      };
    });

  const leadsOn = (id: number, depth: number): boolean => {
    const at = starts[id - firstType];
    if (at === undefined || depth > 16) return false;
    const kind = kindOf(types, at);
    if (kind !== KIND.structure && kind !== KIND.union) return false;
    return membersOf(at).some(({ name, inner }) =>
      name === '' ? leadsOn(inner, depth + 1) : members.has(name),
    );
  };

  /** Bytes of a member; 8 for a pointer. */
  const sizeOf = (id: number): number => {
    const at = starts[id - firstType];
    if (at === undefined) return 0;
    const kind = kindOf(types, at);
    if (kind === 2) return 8;
    if (kind === 3) return types.readUInt32LE(at + 20) * sizeOf(types.readUInt32LE(at + 12));
    return [8, 9, 10, 11, 18].includes(kind) ? sizeOf(sizeOrType(at)) : sizeOrType(at);
  };

  return {
    type,
    found,
    bytes: (): Buffer => writer.bytes(),
  };
};
