/**
 * Who has files open, by their descriptors in /proc. A descriptor is looked at more closely only where its link ends in the
 * name of a file that is asked about: to look at every one of a host could wait for a server that does not answer.
 */
import { basename } from 'node:path';
import type { Opener } from '../core/file-extents.ts';
import type { HostFiles } from './files.ts';
import { namesIn } from './files.ts';
import { allPids } from './python/interpreters.ts';

const MAX_DESCRIPTORS = 4096;
const MOST_NAMED = 4;

type Asked = { readonly path: string; readonly dev: bigint; readonly ino: bigint };
type Openers = Map<string, { readonly first: Opener[]; more: number }>;

/** By path. One process a step. */
export function* findOpeners(files: HostFiles, asked: readonly Asked[]): Generator<void, Openers> {
  const byName = new Map<string, Asked[]>();
  for (const one of asked) {
    const name = basename(one.path);
    byName.set(name, [...(byName.get(name) ?? []), one]);
  }
  const openers: Openers = new Map();
  for (const pid of allPids(files)) {
    yield;
    if (pid === process.pid) continue;
    for (const path of openOf(files, pid, byName)) note(openers, path, pid, files);
  }
  return openers;
}

const openOf = (
  files: HostFiles,
  pid: number,
  byName: ReadonlyMap<string, readonly Asked[]>,
): Set<string> => {
  const directory = `/proc/${pid}/fd`;
  const open = new Set<string>();
  for (const name of namesIn(files, directory).slice(0, MAX_DESCRIPTORS)) {
    const link = `${directory}/${name}`;
    const candidates = byName.get(basename(files.link(link) ?? ''));
    if (candidates === undefined) continue;
    const stat = files.stat(link);
    if (stat === null) continue;
    for (const { path, dev, ino } of candidates)
      if (Number(ino) === stat.ino && Number(dev) === stat.dev) open.add(path);
  }
  return open;
};

const note = (openers: Openers, path: string, pid: number, files: HostFiles): void => {
  const known = openers.get(path) ?? { first: [], more: 0 };
  openers.set(path, known);
  if (known.first.length >= MOST_NAMED) known.more += 1;
  else known.first.push({ pid, comm: (files.text(`/proc/${pid}/comm`) ?? '?').trimEnd() });
};
