/**
 * What an ELF file offers to uprobes and USDT: the functions of its symbol tables and the markers of its
 * `.note.stapsdt` sections. Both word sizes and byte orders. Only headers and the tables asked for are read, so a
 * program of a gigabyte costs as much as its symbol table.
 *
 * Guarantee: a file that is cut short or lies about its offsets reads as one without that table, never as an
 * exception or as memory of somebody else's.
 */
import { dirname, join } from 'node:path';
import { type HostFiles, isThere } from './files.ts';

export type ElfFunction = {
  readonly name: string;
  readonly address: bigint;
  /** Chosen among several when the program is loaded (IFUNC): the address is that of the chooser. */
  readonly indirect: boolean;
};

export type ElfMarker = { readonly provider: string; readonly name: string };

export type Elf = {
  /** Defined functions of `.symtab` and `.dynsym`, and of the separate debug file where there is one. */
  readonly functions: () => readonly ElfFunction[];
  /** Whether `.dynsym` defines functions of all these names: quick, for it looks into no debug file. */
  readonly exportsAll: (names: readonly string[]) => boolean;
  readonly markers: () => readonly ElfMarker[];
  /** No `.symtab`, neither here nor in a debug file: only exported functions have names. */
  readonly stripped: boolean;
  /** A compressed symbol table (`.gnu_debugdata`) is there, which this reader does not open and bpftrace may. */
  readonly compressed: boolean;
};

/** The file, or null when it cannot be read or is no ELF file. */
export const readElf = (files: HostFiles, path: string): Elf | null => {
  const own = readSections(files, path);
  if (own === null) return null;
  const debugPath = debugFileOf(files, path, own);
  const debug = debugPath === null ? null : readSections(files, debugPath);
  const both = debug === null ? [own] : [own, debug];
  return {
    functions: () => distinct(both.flatMap((file) => functionsOf(file))),
    exportsAll: (names) => {
      const exported = new Set(
        functionsOf(
          { ...own, sections: own.sections.filter(({ type }) => type === SHT_DYNSYM) },
          own.sections,
        ).map(({ name }) => name),
      );
      return names.every((name) => exported.has(name));
    },
    markers: () => markersOf(own),
    stripped: !both.some(({ sections }) => sections.some(({ type }) => type === SHT_SYMTAB)),
    compressed: own.sections.some(({ name }) => name === '.gnu_debugdata'),
  };
};

type Section = {
  readonly name: string;
  readonly type: number;
  readonly link: number;
  readonly read: () => Buffer;
};

type Sections = { readonly sections: readonly Section[]; readonly words: Words };

/** How numbers are written in this file. */
type Words = {
  readonly wide: boolean;
  readonly u16: (buffer: Buffer, at: number) => number;
  readonly u32: (buffer: Buffer, at: number) => number;
  /** A machine word: 4 or 8 bytes. */
  readonly word: (buffer: Buffer, at: number) => bigint;
};

const SHT_SYMTAB = 2;
const SHT_NOTE = 7;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const MAGIC = 0x7f454c46;
/** The symbol table of a browser with all of its debug information has a few hundred MiB. */
const MAX_TABLE_BYTES = 1024 * 1024 * 1024;

/** As many of these bytes as the file has. */
type Read = (offset: number, sizeBytes: number) => Buffer;

const readSections = (files: HostFiles, path: string): Sections | null => {
  const read: Read = (offset, sizeBytes) =>
    files.part(path, offset, Math.min(sizeBytes, MAX_TABLE_BYTES)) ?? Buffer.alloc(0);
  try {
    const file = read(0, 64);
    if (file.length < 52 || file.readUInt32BE(0) !== MAGIC) return null;
    const words = wordsOf(file[4] === 2, file[5] === 2);
    return { words, sections: sectionsOf(read, file, words) };
  } catch {
    return null;
  }
};

const wordsOf = (wide: boolean, bigEndian: boolean): Words => {
  const u32 = (buffer: Buffer, at: number): number =>
    bigEndian ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at);
  const u64 = (buffer: Buffer, at: number): bigint =>
    bigEndian ? buffer.readBigUInt64BE(at) : buffer.readBigUInt64LE(at);
  return {
    wide,
    u16: (buffer, at) => (bigEndian ? buffer.readUInt16BE(at) : buffer.readUInt16LE(at)),
    u32,
    word: (buffer, at) => (wide ? u64(buffer, at) : BigInt(u32(buffer, at))),
  };
};

const sectionsOf = (read: Read, header: Buffer, words: Words): Section[] => {
  const { wide, u16, u32, word } = words;
  const tableAt = Number(word(header, wide ? 0x28 : 0x20));
  const [entrySize, count, namesIndex] = [0, 2, 4].map((more) => u16(header, (wide ? 0x3a : 0x2e) + more));
  if (tableAt === 0 || !entrySize) return [];
  const first = read(tableAt, entrySize);
  // More than 65,279 sections: the number stands in the first of them.
  const entries = count || Number(word(first, wide ? 0x20 : 0x14));
  const table = read(tableAt, entries * entrySize);
  const raw = Array.from({ length: Math.floor(table.length / entrySize) }, (_, index) => {
    const at = index * entrySize;
    const offset = Number(word(table, at + (wide ? 0x18 : 0x10)));
    const size = Number(word(table, at + (wide ? 0x20 : 0x14)));
    const type = u32(table, at + 4);
    return {
      nameAt: u32(table, at),
      type,
      link: u32(table, at + (wide ? 0x28 : 0x18)),
      read: () => (type === SHT_NOBITS ? Buffer.alloc(0) : read(offset, size)),
    };
  });
  const names = raw[namesIndex ?? 0]?.read() ?? Buffer.alloc(0);
  return raw.map(({ nameAt, ...rest }) => ({ ...rest, name: textAt(names, nameAt) }));
};

const textAt = (names: Buffer, at: number): string => {
  const end = names.indexOf(0, at);
  return names.toString('latin1', at, end < 0 ? names.length : end);
};

const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;

const functionsOf = ({ sections, words }: Sections, linked: readonly Section[] = sections): ElfFunction[] =>
  sections
    .filter(({ type }) => type === SHT_SYMTAB || type === SHT_DYNSYM)
    .flatMap(({ read, link }) => functionsIn(read(), linked[link]?.read() ?? Buffer.alloc(0), words));

const functionsIn = (table: Buffer, names: Buffer, { wide, u16, u32, word }: Words): ElfFunction[] => {
  const size = wide ? 24 : 16;
  const functions: ElfFunction[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const type = table.readUInt8(at + (wide ? 4 : 12)) & 0xf;
    const isDefined = u16(table, at + (wide ? 6 : 14)) !== 0;
    if (!isDefined || (type !== STT_FUNC && type !== STT_GNU_IFUNC)) continue;
    const name = textAt(names, u32(table, at));
    if (name === '') continue;
    const address = word(table, at + (wide ? 8 : 4));
    functions.push({ name, address, indirect: type === STT_GNU_IFUNC });
  }
  return functions;
};

/** Exported functions stand in both tables. */
const distinct = (functions: readonly ElfFunction[]): ElfFunction[] => [
  ...new Map(functions.map((one) => [`${one.address} ${one.name}`, one])).values(),
];

const markersOf = ({ sections, words }: Sections): ElfMarker[] =>
  sections
    .filter(({ type, name }) => type === SHT_NOTE && name === '.note.stapsdt')
    .flatMap(({ read }) => notesIn(read(), words))
    .map((description) => {
      // Three addresses (the marker, the base, the semaphore), then provider, name and arguments.
      const [provider = '', name = ''] = description
        .subarray(3 * (words.wide ? 8 : 4))
        .toString('latin1')
        .split('\0');
      return { provider, name };
    });

/** The descriptions of all notes, in order. */
const notesIn = (section: Buffer, { u32 }: Words): Buffer[] => {
  const descriptions: Buffer[] = [];
  let at = 0;
  while (at + 12 <= section.length) {
    const from = at + 12 + padded(u32(section, at));
    const size = u32(section, at + 4);
    if (from + size > section.length) break;
    descriptions.push(section.subarray(from, from + size));
    at = from + padded(size);
  }
  return descriptions;
};

const padded = (size: number): number => Math.ceil(size / 4) * 4;

/** Where debuggers, and bpftrace, look for the symbols of a stripped file: by its build id, then by its link. */
const debugFileOf = (files: HostFiles, path: string, elf: Sections): string | null => {
  const section = (name: string): Buffer | undefined => elf.sections.find((one) => one.name === name)?.read();
  const idNote = section('.note.gnu.build-id');
  const id = idNote === undefined ? undefined : notesIn(idNote, elf.words)[0]?.toString('hex');
  const link = section('.gnu_debuglink');
  const linked = link === undefined ? undefined : textAt(link, 0);
  const places = [
    ...(id === undefined ? [] : [`/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`]),
    ...(linked === undefined || linked === ''
      ? []
      : [
          join(dirname(path), linked),
          join(dirname(path), '.debug', linked),
          join('/usr/lib/debug', dirname(path), linked),
        ]),
  ];
  return places.find((place) => place !== path && isThere(files, place)) ?? null;
};
