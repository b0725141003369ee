/**
 * What the kernel side does not count of a process, by the file that it began to run or map: asked once for each file
 * (src/probes/reported-files.ts), for processes too that are over before anybody looks at them. The file is proved to be the
 * one by its inode. Where it cannot be found any more, what it may have held is not counted, and that is said.
 */
import { basename } from 'node:path';
import type { UsedFile } from '../../session/ports.ts';
import type { HostFiles } from '../files.ts';
import { type PythonMetrics, whyNotAttached, whyNotCounted } from './coverage.ts';
import { hasApiFunctions, hasGcMarkers } from './finders.ts';
import { holdsInterpreter, isNamedRightly, isPythonName, libpythonIn } from './recognise.ts';

type Reasons = Readonly<Record<string, string>>;

/** Maps of the python probe's scripts. */
const PROGRAMS = '@python_program';
const LIBRARIES = '@python_library';

export type UsedFilesOptions = {
  readonly metrics: Pick<PythonMetrics, 'memory' | 'markers' | 'functions'>;
  /** What this session's probe is attached to, for its markers or functions. */
  readonly attached: readonly string[];
  /** Whether the kernel side was given this file as one that holds an interpreter. */
  readonly isKnown: (path: string) => boolean;
  /** Whether /proc has the PIDs that the kernel side counts by. */
  readonly seesPids: boolean;
};

/** @returns for a file in use: metric id to why it is not counted */
export const createUsedFiles = (
  files: HostFiles,
  { metrics, attached, isKnown, seesPids }: UsedFilesOptions,
): ((used: UsedFile) => Reasons) => {
  const inodes = new Set(attached.flatMap((path) => files.stat(path)?.ino ?? []));

  const all = (ids: readonly string[], why: string | null): Reasons =>
    why === null ? {} : Object.fromEntries(ids.map((id) => [id, why]));

  const unattached = (path: string, called: string): Reasons => ({
    ...all(
      metrics.markers,
      whyNotAttached(called, hasGcMarkers(files, path), 'USDT markers for garbage collections'),
    ),
    ...all(
      metrics.functions,
      whyNotAttached(called, hasApiFunctions(files, path), 'exported allocator functions'),
    ),
  });

  /** null when it is another file. */
  const judge = (held: string, used: UsedFile): Reasons | null => {
    if (!isFile(files, held, used.inode)) return null;
    const name = nameOf(files, held);
    if (!isPythonName(name) && !holdsInterpreter(files, held)) return {};
    return {
      ...(inodes.has(used.inode) ? {} : unattached(held, used.name)),
      ...all(
        metrics.memory,
        whyNotCounted(files, {
          file: held,
          called: used.name,
          isCounted: isKnown(held) || isNamedRightly(files, held, name),
          name: basename(used.name),
        }),
      ),
    };
  };

  const ofProgram = (used: UsedFile): Reasons => {
    for (const place of placesOf(files, used, seesPids)) {
      if (!isRegular(files, place)) continue;
      const reasons = files.holdOpen(place, (held) => judge(held, used));
      if (reasons !== null) return reasons;
    }
    const why = `${used.name} was gone before it could be looked at: it may hold a Python interpreter`;
    return all([...metrics.memory, ...metrics.markers, ...metrics.functions], why);
  };

  /** Its memory is counted by the name that the library has. */
  const ofLibrary = (used: UsedFile): Reasons => {
    if (inodes.has(used.inode)) return {};
    const mapping = seesPids ? libpythonIn(files.text(`/proc/${used.pid}/maps`) ?? '') : null;
    const path = mapping === null ? null : `/proc/${used.pid}/map_files/${mapping.range}`;
    if (mapping !== null && path !== null && isFile(files, path, used.inode))
      return unattached(path, mapping.path);
    const why = `the libpython that ${used.name} maps was not known when tracing began`;
    return all([...metrics.markers, ...metrics.functions], why);
  };

  return (used) => {
    if (used.map === PROGRAMS) return ofProgram(used);
    return used.map === LIBRARIES ? ofLibrary(used) : {};
  };
};

/** The device is not compared: where a file system has several, the kernel's is not the one that stat reports. */
const isFile = (files: HostFiles, path: string, inode: number): boolean => {
  const stat = files.stat(path);
  return stat?.isFile() === true && stat.ino === inode;
};

/** As the kernel calls the file itself, whatever link led to it. */
const nameOf = (files: HostFiles, held: string): string =>
  basename((files.link(held) ?? '').replace(/ \(deleted\)$/, ''));

/**
 * Where this file may be found now. The process may be over, but its parent often is in the same directory and container;
 * what a script is called by leads to what interprets it.
 */
const placesOf = (files: HostFiles, { pid, ppid, name }: UsedFile, seesPids: boolean): readonly string[] => {
  // Not joined as text: what `..` leads to is known once the link to the directory was followed.
  const pids = seesPids ? [pid, ...(ppid === null ? [] : [ppid])] : [];
  const called = name.startsWith('/')
    ? ['', ...pids.map((one) => `/proc/${one}/root`)].map((root) => ({ root, path: `${root}${name}` }))
    : pids.map((one) => ({ root: `/proc/${one}/root`, path: `/proc/${one}/cwd/${name}` }));
  return [
    ...(seesPids ? [`/proc/${pid}/exe`] : []),
    ...called.flatMap(({ root, path }) => [
      path,
      ...interpretersOf(files, path).map((one) => `${root}${one}`),
    ]),
  ];
};

const interpretersOf = (files: HostFiles, script: string): readonly string[] => {
  const head = isRegular(files, script) ? (files.head(script, 256)?.toString('latin1') ?? '') : '';
  return /^#! *(\/\S+)/.exec(head)?.slice(1) ?? [];
};

/** Others may wait for somebody to write, or read what is not there twice. */
const isRegular = (files: HostFiles, path: string): boolean => files.stat(path)?.isFile() === true;
