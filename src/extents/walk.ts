/**
 * Which files are to be counted: those named, and those in the directories named. Symbolic links are followed where they
 * are named and nowhere else; other file systems are not entered; a file with several names is found once. What is passed
 * by is tallied, and nothing grows beyond its bound however large a tree is.
 */

import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftOut } from './left-out.ts';

export type WalkOptions = {
  /** Of files found in directories, by their names. */
  readonly isWanted: (name: string) => boolean;
  readonly depth: number;
  readonly maxFiles: number;
  /** Of files found in directories: smaller ones can hardly lie in many extents. */
  readonly minBytes: number;
};

export type Found = {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
  /** 0 where the file system does not keep it. */
  readonly bornNs: bigint;
  readonly sizeBytes: number;
};

/** Entries of directories that are looked at, whatever becomes of them. */
export const MAX_ENTRIES = 2_000_000;

export const walk = async (
  paths: readonly string[],
  options: WalkOptions,
  left: LeftOut,
  isOver: () => boolean,
): Promise<readonly Found[]> => {
  const found = new Map<string, Found>();
  let entries = 0;

  const keep = (path: string, { dev, ino, birthtimeNs, size }: BigIntStats): void => {
    const key = `${dev} ${ino}`;
    const known = found.get(key);
    if (known !== undefined) {
      if (known.path !== path) left.add('another name of a file that is counted', path);
    } else if (found.size >= options.maxFiles) left.add(`beyond --max-files ${options.maxFiles}`, path);
    else found.set(key, { path, dev, ino, bornNs: birthtimeNs, sizeBytes: Number(size) });
  };

  const enter = async (directory: string, dev: bigint, depth: number): Promise<void> => {
    const below: string[] = [];
    try {
      for await (const entry of await opendir(directory)) {
        entries += 1;
        if (isOver()) return;
        if (entries > MAX_ENTRIES) {
          left.add(`not looked at: there are more than ${MAX_ENTRIES} names`, directory);
          return;
        }
        const path = join(directory, entry.name);
        const why = await meet(entry, path, dev);
        if (why === 'directory') below.push(path);
        else if (why !== null) left.add(why, path);
      }
    } catch (error) {
      left.add(`cannot be read: ${codeOf(error)}`, directory);
    }
    for (const path of below) {
      if (isOver()) return;
      if (depth >= options.depth) left.add(`directory deeper than --depth ${options.depth}`, path);
      else await enter(path, dev, depth + 1);
    }
  };

  /** Why it is left out; `directory` where it is to be entered; null where it is kept. */
  const meet = async (entry: Dirent, path: string, dev: bigint): Promise<string | null> => {
    if (!entry.isFile() && !entry.isDirectory())
      return entry.isSymbolicLink() ? 'symbolic link' : 'no regular file';
    if (entry.isFile() && !options.isWanted(entry.name)) return 'its name does not match';
    const stat = await lstat(path, { bigint: true }).catch(() => null);
    if (stat === null) return 'gone';
    if (stat.dev !== dev) return 'on another file system';
    if (stat.isDirectory()) return 'directory';
    if (!stat.isFile()) return 'no regular file';
    if (stat.size < options.minBytes) return 'smaller than --min-size';
    keep(path, stat);
    return null;
  };

  for (const named of paths) {
    if (isOver()) break;
    const { path, stat } = await nameOf(named);
    if (stat.isDirectory()) await enter(path, stat.dev, 1);
    else if (stat.isFile()) keep(path, stat);
    else left.add('no regular file', path);
  }
  return [...found.values()];
};

/** @throws the system's error where there is no such path */
const nameOf = async (named: string): Promise<{ path: string; stat: BigIntStats }> => {
  const path = await realpath(named);
  return { path, stat: await lstat(path, { bigint: true }) };
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
