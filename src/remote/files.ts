/**
 * The files of another host behind the same port as those of this one (host/files.ts), which answers at once: from what was
 * fetched already. What was not is noted, and is null for now; whoever holds the link fetches it, and asks again.
 */
import type { FileStat, HostFiles } from '../host/files.ts';
import { canBeAsked, type Known, type Question } from './question.ts';

/** Where answers come from. */
export type Answers = {
  /** undefined: not known yet. */
  look(question: Question): Known | undefined;
};

export type RemoteFilesOptions = {
  readonly answers: Answers;
  /** PID of the reader there, which is who asks. */
  readonly self: number;
  /** What is not known yet will be fetched, and whoever asks will ask for all of it again. */
  readonly isAskedAgain: boolean;
  /** Of files with millions of names, only the lines that match are fetched. */
  readonly filters: ReadonlyMap<string, string>;
};

/** Interpreters of Python are what an open file is asked for (host/python); to look into every program would take too long. */
const LOOKED_INTO = /(?:^|\/)(?:lib|platform-)?python[^/]*$/;

export const createRemoteFiles = ({
  answers,
  self,
  isAskedAgain,
  filters,
}: RemoteFilesOptions): HostFiles => {
  const ask = <T extends Known>(kind: Question['kind'], path: string, ...more: Question['more']): T | null =>
    canBeAsked(path) ? ((answers.look({ kind, path, more }) ?? null) as T | null) : null;
  const rights = (path: string) => ask<{ readable: boolean; executable: boolean }>('rights', path);
  const text = (path: string): string | null => ask<string>('text', path);
  const link = (path: string) => (path === '/proc/self' ? String(self) : ask<string>('link', path));
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

  return {
    text,
    bytes: (path) => {
      const filter = filters.get(nameOf(path));
      return filter === undefined ? ask<Buffer>('bytes', path) : ask<Buffer>('lines', path, filter);
    },
    head: (path, limitBytes) => {
      if (!isText(path)) return ask<Buffer>('head', path, limitBytes);
      const known = text(path);
      return known === null ? null : Buffer.from(known).subarray(0, limitBytes);
    },
    part: (path, offset, sizeBytes) => ask<Buffer>('part', path, offset, sizeBytes),
    names: (directory) => ask<readonly string[]>('names', directory),
    link,
    realPath: (path) => ask<string>('realPath', path),
    stat: (path) => ask<FileStat>('stat', path),
    isReadable: (path) => rights(path)?.readable === true,
    isExecutable: (path) => rights(path)?.executable === true,
    // Nothing can be held open from here: while tracing, a file may be another by the time its next part is asked for.
    holdOpen: (path, use) => {
      const name = path.startsWith('/proc/') ? (link(path) ?? '') : path;
      return isAskedAgain && LOOKED_INTO.test(name) ? use(path) : null;
    },
    openStatFiles: () => ({
      kept: text,
      stat: (pid) => text(`/proc/${pid}/stat`),
      statm: (pid) => text(`/proc/${pid}/statm`),
      once: text,
    }),
  };
};

/** Small, and read as text anyway. */
const isText = (path: string): boolean => /^\/proc\/(\d+\/cmdline|self\/[a-z]+)$/.test(path);
