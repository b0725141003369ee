/**
 * The port through which this room reads the files of a host: everything it knows of one, it has read here, so that
 * another host's answers can stand in. Absence is an answer, never an exception: null for what is not there or refuses
 * to be read.
 */
import type { StatFiles } from './stat-files.ts';

export type HostFiles = {
  /** As UTF-8 with replacement characters. */
  text(path: string): string | null;
  bytes(path: string): Buffer | null;
  /** At most so many bytes from the start. One read: enough for files the kernel renders whole. */
  head(path: string, limitBytes: number): Buffer | null;
  /** As many of these bytes as a file on a disk has. */
  part(path: string, offset: number, sizeBytes: number): Buffer | null;
  /** The names in a directory, in the order the kernel gives them. */
  names(directory: string): readonly string[] | null;
  /** Where a link leads to, as it is written. */
  link(path: string): string | null;
  /** The path without any link in it. */
  realPath(path: string): string | null;
  /** Links followed. */
  stat(path: string): FileStat | null;
  isReadable(path: string): boolean;
  /** A regular file that may be run. */
  isExecutable(path: string): boolean;
  /**
   * Holds a file open meanwhile. The path that `use` is given leads to this very file, whatever becomes of its names, and
   * of the process by way of which it was found; where the link there leads is what the kernel calls it. null when it
   * cannot be opened.
   */
  holdOpen<T>(path: string, use: (held: string) => T): T | null;
  /** For the files of many processes, read again and again. */
  openStatFiles(): StatFiles;
};

export type FileStat = {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** Unknown of a host that does not say. */
  readonly birthtimeMs?: number;
  /** Unknown of a host that does not say. */
  readonly uid?: number;
  readonly mode?: number;
  isFile(): boolean;
  isDirectory(): boolean;
};

/** The names in a directory, where one that is not there is one with nothing in it. */
export const namesIn = (files: HostFiles, directory: string): readonly string[] =>
  files.names(directory) ?? [];

export const isThere = (files: HostFiles, path: string): boolean => files.stat(path) !== null;

/** What does not change while a host runs: read when it is first asked for, and once of each host. */
export const oncePerHost = <T>(read: (files: HostFiles) => T): ((files: HostFiles) => T) => {
  const known = new WeakMap<HostFiles, { readonly value: T }>();
  return (files) => {
    const held = known.get(files) ?? { value: read(files) };
    known.set(files, held);
    return held.value;
  };
};

/** Every line that ends in a newline. A torn last line may hold a shortened number, so it is no line at all. */
export const wholeLines = (text: string): readonly string[] =>
  text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
