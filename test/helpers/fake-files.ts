import { posix } from 'node:path';
import type { HostFiles } from '../../src/host/files.ts';

/** A file's content, or where a link leads to. */
export type FakeFile = string | Buffer | { readonly link: string };

/** A host's files in memory: whatever has a file below it is a directory. */
export type FakeHost = HostFiles & {
  put(path: string, file: FakeFile): void;
  /** With all that is below it. */
  remove(path: string): void;
};

export const fakeFiles = (initial: Readonly<Record<string, FakeFile>> = {}): FakeHost => {
  const tree = new Map(Object.entries(initial));
  /** Of each holder, the files it has read, and which have gone since. */
  const held: Map<string, boolean>[] = [];
  const realPath = (path: string): string | null => {
    const file = tree.get(path);
    if (file === undefined) return namesOf(path).length > 0 ? path : null;
    return isLink(file) ? realPath(posix.resolve(posix.dirname(path), file.link)) : path;
  };
  const bytes = (path: string): Buffer | null => {
    const file = tree.get(realPath(path) ?? '');
    return file === undefined || isLink(file) ? null : Buffer.from(file);
  };
  const text = (path: string): string | null => bytes(path)?.toString('utf8') ?? null;
  const namesOf = (directory: string): readonly string[] => [
    ...new Set(
      [...tree.keys()]
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1).split('/')[0] ?? ''),
    ),
  ];
  return {
    put: (path, file) => void tree.set(path, file),
    remove: (path) => {
      for (const one of tree.keys()) {
        if (!`${one}/`.startsWith(`${path}/`)) continue;
        tree.delete(one);
        for (const files of held) if (files.has(one)) files.set(one, true);
      }
    },
    text,
    bytes,
    head: (path, limitBytes) => bytes(path)?.subarray(0, limitBytes) ?? null,
    part: (path, offset, sizeBytes) => bytes(path)?.subarray(offset, offset + sizeBytes) ?? null,
    names: (directory) => {
      const names = namesOf(directory);
      return names.length === 0 ? null : names;
    },
    link: (path) => {
      const file = tree.get(path);
      return file !== undefined && isLink(file) ? file.link : null;
    },
    realPath,
    holdOpen: (path, use) => (bytes(path) === null ? null : use(path)),
    stat: (path) => {
      const real = realPath(path);
      if (real === null) return null;
      const content = bytes(real);
      return {
        ...{ dev: 1, ino: [...tree.keys()].indexOf(real), mtimeMs: 0, size: content?.length ?? 0 },
        isFile: () => content !== null,
        isDirectory: () => content === null,
      };
    },
    isReadable: (path) => realPath(path) !== null,
    isExecutable: (path) => bytes(path) !== null,
    openStatFiles: () => {
      const files = new Map<string, boolean>();
      held.push(files);
      return {
        kept: (path) => {
          if (files.get(path) === true) {
            files.delete(path);
            return null;
          }
          files.set(path, false);
          // As of a real one, nothing read is nothing there.
          return text(path) || null;
        },
        stat: (pid) => text(`/proc/${pid}/stat`),
        statm: (pid) => text(`/proc/${pid}/statm`),
        once: text,
      };
    },
  };
};

const isLink = (file: FakeFile): file is { readonly link: string } =>
  typeof file === 'object' && !Buffer.isBuffer(file);
