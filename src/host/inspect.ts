/**
 * What a living process can be asked when somebody looks at it: its user's name, whether it sleeps in the kernel and
 * where, and the largest files it has open. Read-only, bounded, only on demand.
 *
 * In how many pieces a file lies is asked only when it is wanted, because the answer may cost the kernel a walk over
 * all of them: XFS keeps the number in the inode (`xfs_io -c stat`, one system call); elsewhere `filefrag` walks the
 * extents, which is given EXTENTS_MS. Both open the file through /proc/PID/fd, so deleted files and those of other
 * mount namespaces are found too. Without these programs the answer says so.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { execa } from 'execa';
import { readHead, readText, statOf } from './files.ts';
import { readStartMs } from './process.ts';

export type OpenFileFacts = {
  readonly path: string;
  readonly sizeBytes: number;
  /** null where nobody asked or nobody can tell. */
  readonly extents: number | null;
  readonly problem: string | null;
};

export type ProcessInspection = {
  readonly pid: number;
  readonly user: string | null;
  /** One letter of /proc/PID/stat. */
  readonly state: string | null;
  readonly waitChannel: string | null;
  /** Innermost first; of a process in D state only. */
  readonly kernelStack: readonly string[];
  readonly stackProblem: string | null;
  /** The largest regular files. */
  readonly files: readonly OpenFileFacts[];
  readonly moreFiles: number;
  readonly filesProblem: string | null;
};

const MAX_DESCRIPTORS = 4096;
const MAX_FILES = 8;
const MAX_STACK_LINES = 24;
const MAX_PASSWD_BYTES = 1024 * 1024;
const EXTENTS_MS = 3000;

/** null when there is no such process any more. Never rejects. */
export const inspectProcess = async (
  pid: number,
  startMs: number | null,
  wantExtents: boolean,
): Promise<ProcessInspection | null> => {
  if (startMs !== null && readStartMs(pid) !== startMs) return null;
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const state = /\) (\S)/.exec(stat.slice(stat.lastIndexOf(')')))?.[1] ?? null;
  const wchan = readText(`/proc/${pid}/wchan`);
  const stack = state === 'D' ? readText(`/proc/${pid}/stack`) : '';
  const { files, more, problem } = openFiles(pid);
  return {
    pid,
    user: userOf(readText(`/proc/${pid}/status`) ?? ''),
    state,
    waitChannel: wchan === null || wchan === '0' || wchan === '' ? null : wchan,
    kernelStack: parseStack(stack ?? ''),
    stackProblem: stack === null ? 'its kernel stack may be read by root only' : null,
    files: wantExtents ? await countExtents(files) : files.map(({ file }) => file),
    moreFiles: more,
    filesProblem: problem,
  };
};

/** `[<0>] io_schedule+0x46/0x80` → `io_schedule`. */
export const parseStack = (text: string): readonly string[] =>
  text
    .split('\n')
    .slice(0, MAX_STACK_LINES)
    .flatMap((line) => /\[<[0-9a-f]+>\]\s+([^\s+]+)/.exec(line)?.[1] ?? []);

const userOf = (status: string): string | null => {
  const uid = /^Uid:\t(\d+)\t/m.exec(status)?.[1];
  if (uid === undefined) return null;
  const passwd = readHead('/etc/passwd', MAX_PASSWD_BYTES)?.toString('utf8') ?? '';
  return (
    passwd
      .split('\n')
      .find((line) => line.split(':')[2] === uid)
      ?.split(':')[0] ?? null
  );
};

type Open = { readonly file: OpenFileFacts; readonly link: string };

const openFiles = (pid: number): { files: readonly Open[]; more: number; problem: string | null } => {
  const directory = `/proc/${pid}/fd`;
  let names: readonly string[];
  try {
    names = readdirSync(directory).slice(0, MAX_DESCRIPTORS);
  } catch {
    return { files: [], more: 0, problem: 'its open files may be seen by its user and root only' };
  }
  const byInode = new Map<string, Open>();
  for (const name of names) {
    const link = `${directory}/${name}`;
    const stats = statOf(link);
    if (stats === null || !stats.isFile()) continue;
    const path = pathOf(link);
    byInode.set(`${stats.dev} ${stats.ino}`, {
      link,
      file: { path, sizeBytes: stats.size, extents: null, problem: null },
    });
  }
  const files = [...byInode.values()].sort((a, b) => b.file.sizeBytes - a.file.sizeBytes);
  return { files: files.slice(0, MAX_FILES), more: Math.max(0, files.length - MAX_FILES), problem: null };
};

const pathOf = (link: string): string => {
  try {
    return readlinkSync(link);
  } catch {
    return link;
  }
};

/** One after the other: this is asked of a machine in trouble. */
const countExtents = async (files: readonly Open[]): Promise<readonly OpenFileFacts[]> => {
  const counted: OpenFileFacts[] = [];
  for (const { file, link } of files) {
    const answer = (await extentsByInode(link)) ?? (await extentsByWalk(link));
    counted.push({ ...file, ...answer });
  }
  return counted;
};

type Extents = Pick<OpenFileFacts, 'extents' | 'problem'>;

const extentsByInode = async (link: string): Promise<Extents | null> => {
  const { stdout } = await ask('xfs_io', ['-r', '-c', 'stat', link]);
  const count = /^fsxattr\.nextents = (\d+)$/m.exec(stdout)?.[1];
  return count === undefined ? null : { extents: Number(count), problem: null };
};

const extentsByWalk = async (link: string): Promise<Extents> => {
  const { stdout, missing, timedOut } = await ask('filefrag', [link]);
  const count = /: (\d+) extents? found/.exec(stdout)?.[1];
  if (count !== undefined) return { extents: Number(count), problem: null };
  if (missing)
    return {
      extents: null,
      problem: 'install e2fsprogs (filefrag) or xfsprogs (xfs_io) to count its pieces',
    };
  return {
    extents: null,
    problem: timedOut ? `filefrag took longer than ${EXTENTS_MS / 1000}s` : 'its file system does not tell',
  };
};

const ask = async (
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; missing: boolean; timedOut: boolean }> => {
  const result = await execa(program, args, {
    reject: false,
    timeout: EXTENTS_MS,
    stdin: 'ignore',
    maxBuffer: 64 * 1024,
    env: { LC_ALL: 'C' },
  });
  return { stdout: result.stdout, missing: result.code === 'ENOENT', timedOut: result.timedOut };
};
