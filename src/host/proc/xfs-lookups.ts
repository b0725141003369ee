/**
 * Extent lookups of each mounted XFS, by device number, from the file system's own counters. A search for a hole makes
 * one lookup per extent step. Reading makes one per mapping too, which is counted beside it (blk_mapr) and taken off;
 * what writing makes is not, so whether anything was written is told (map changes).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Roots, readText, wholeLines } from '../files.ts';

export type XfsLookups = {
  /** Modulo 2³², as the kernel keeps it: of lookups those that no read made. */
  readonly lookups: number;
  /** Moves when extents are mapped for writing, added or removed. */
  readonly changes: number;
};

/** Device number as the kernel has it in memory (major << 20 | minor) to its counters. Never throws. */
export const readXfsLookups = ({ sys }: Pick<Roots, 'sys'>): ReadonlyMap<number, XfsLookups> => {
  const found = new Map<number, XfsLookups>();
  for (const name of namesIn(join(sys, 'fs/xfs'))) {
    const device = parseDevice(readText(join(sys, 'class/block', name, 'dev')) ?? '');
    const lookups = parseLookups(readText(join(sys, 'fs/xfs', name, 'stats/stats')) ?? '');
    if (device !== null && lookups !== null) found.set(device, lookups);
  }
  return found;
};

/** `7:1` as one number. */
export const parseDevice = (text: string): number | null => {
  const [, major, minor] = /^(\d+):(\d+)\s*$/.exec(text) ?? [];
  return major === undefined ? null : Number(major) * 2 ** 20 + Number(minor);
};

/** Of the line `blk_map`: reads, writes, unmaps, additions and removals of extents, lookups, comparisons. */
export const parseLookups = (text: string): XfsLookups | null => {
  const line = wholeLines(text).find((one) => one.startsWith('blk_map '));
  const [reads, writes, unmaps, added, removed, lookups] = (line ?? '').split(' ').slice(1).map(Number);
  if (reads === undefined || writes === undefined || unmaps === undefined) return null;
  if (added === undefined || removed === undefined || lookups === undefined) return null;
  return { lookups: modulo(lookups - reads), changes: modulo(writes + unmaps + added + removed) };
};

const WRAP = 2 ** 32;

const modulo = (value: number): number => ((value % WRAP) + WRAP) % WRAP;

const namesIn = (path: string): readonly string[] => {
  try {
    return readdirSync(path).filter((name) => name !== 'stats');
  } catch {
    return [];
  }
};
