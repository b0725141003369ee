/**
 * What a living process can be asked when somebody looks at it: its user's name, whether it sleeps in the kernel and
 * where, and the largest files it has open. Read-only, bounded, only on demand.
 *
 * In how many extents a file lies is asked only when it is wanted, because the answer may cost the kernel a walk over
 * all of them (host/extents.ts), which is given EXTENTS_MS.
 */
import type { Inspection, OpenFile, Wanted } from '../core/inspection.ts';
import { countExtents } from './extents.ts';
import type { FileStat, HostFiles } from './files.ts';
import { readStartMs } from './process.ts';
import { parseStatLine } from './stat-line.ts';
import { readThreads } from './threads.ts';

const MAX_DESCRIPTORS = 4096;
const MAX_FILES = 8;
const MAX_STACK_LINES = 24;
const MAX_PASSWD_BYTES = 1024 * 1024;
const EXTENTS_MS = 3000;

/** The answer about a process that cannot be looked up, because its PID is none of this /proc. */
export const uninspected = (pid: number, why: string): Inspection => ({
  ...{ pid, user: null, state: null, waitChannel: null, kernelStack: [], stackProblem: why },
  ...{ files: [], moreFiles: 0, filesProblem: why, threads: null },
});

/** null when there is no such process any more. Never rejects. */
export const inspectProcess = async (
  files: HostFiles,
  pid: number,
  startMs: number | null,
  wanted: Wanted,
): Promise<Inspection | null> => {
  if (startMs !== null && readStartMs(files, pid) !== startMs) return null;
  const stat = files.text(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const state = parseStatLine(stat)?.field(3) ?? null;
  const wchan = files.text(`/proc/${pid}/wchan`);
  const stack = state === 'D' ? files.text(`/proc/${pid}/stack`) : '';
  const { open, more, problem } = openFiles(files, pid);
  return {
    pid,
    user: userOf(files, files.text(`/proc/${pid}/status`) ?? ''),
    state,
    waitChannel: wchan === null || wchan === '0' || wchan === '' ? null : wchan,
    kernelStack: parseStack(stack ?? ''),
    stackProblem: stack === null ? 'its kernel stack may be read by root only' : null,
    files: wanted.extents ? await countAll(files, open) : open.map(({ file }) => file),
    moreFiles: more,
    filesProblem: problem,
    threads: wanted.threads ? readThreads(files, pid) : null,
  };
};

/** `[<0>] io_schedule+0x46/0x80` → `io_schedule`. */
export const parseStack = (text: string): readonly string[] =>
  text
    .split('\n')
    .slice(0, MAX_STACK_LINES)
    .flatMap((line) => /\[<[0-9a-f]+>\]\s+([^\s+]+)/.exec(line)?.[1] ?? []);

const userOf = (files: HostFiles, status: string): string | null => {
  const uid = /^Uid:\t(\d+)\t/m.exec(status)?.[1];
  if (uid === undefined) return null;
  const passwd = files.head('/etc/passwd', MAX_PASSWD_BYTES)?.toString('utf8') ?? '';
  return (
    passwd
      .split('\n')
      .find((line) => line.split(':')[2] === uid)
      ?.split(':')[0] ?? null
  );
};

const UNASKED = { extents: null, isLeast: false, fileSystem: null, problem: null } as const;

const birthOf = ({ ino, birthtimeMs }: FileStat): Pick<OpenFile, 'birth'> =>
  birthtimeMs === undefined || birthtimeMs <= 0 ? {} : { birth: { ino, bornMs: Math.floor(birthtimeMs) } };

type Open = { readonly file: OpenFile; readonly link: string };

const openFiles = (
  files: HostFiles,
  pid: number,
): { open: readonly Open[]; more: number; problem: string | null } => {
  const directory = `/proc/${pid}/fd`;
  const names = files.names(directory);
  if (names === null)
    return { open: [], more: 0, problem: 'its open files may be seen by its user and root only' };
  const byInode = new Map<string, Open>();
  for (const name of names.slice(0, MAX_DESCRIPTORS)) {
    const link = `${directory}/${name}`;
    const stats = files.stat(link);
    if (stats === null || !stats.isFile()) continue;
    const path = files.link(link) ?? link;
    byInode.set(`${stats.dev} ${stats.ino}`, {
      link,
      file: { path, sizeBytes: stats.size, ...birthOf(stats), ...UNASKED },
    });
  }
  const open = [...byInode.values()].sort((a, b) => b.file.sizeBytes - a.file.sizeBytes);
  return { open: open.slice(0, MAX_FILES), more: Math.max(0, open.length - MAX_FILES), problem: null };
};

/** One after the other: this is asked of a machine in trouble. Not at idle priority: it would get no CPU there. */
const countAll = async (files: HostFiles, open: readonly Open[]): Promise<readonly OpenFile[]> => {
  const counted: OpenFile[] = [];
  for (const { file, link } of open)
    counted.push({ ...file, ...(await countExtents(files, link, { timeoutMs: EXTENTS_MS })) });
  return counted;
};
