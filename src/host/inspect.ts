/**
 * What a living process can be asked when somebody looks at it: its user's name, whether it sleeps in the kernel and
 * where, and the largest files it has open. Read-only, bounded, only on demand.
 *
 * In how many pieces a file lies is asked only when it is wanted, because the answer may cost the kernel a walk over
 * all of them: XFS keeps the number in the inode (`xfs_io -c stat`, one system call); elsewhere `filefrag` walks the
 * extents, which is given EXTENTS_MS. Both open the file through /proc/PID/fd, so deleted files and those of other
 * mount namespaces are found too. Without these programs the answer says so.
 */
import { execa } from 'execa';
import type { Inspection, OpenFile } from '../core/inspection.ts';
import { builtEnvironment } from './environment.ts';
import type { HostFiles } from './files.ts';
import { noteHelper } from './own.ts';
import { readStartMs } from './process.ts';
import { parseStatLine } from './stat-line.ts';

const MAX_DESCRIPTORS = 4096;
const MAX_FILES = 8;
const MAX_STACK_LINES = 24;
const MAX_PASSWD_BYTES = 1024 * 1024;
const EXTENTS_MS = 3000;

/** The answer about a process that cannot be looked up, because its PID is none of this /proc. */
export const uninspected = (pid: number, why: string): Inspection => ({
  ...{ pid, user: null, state: null, waitChannel: null, kernelStack: [], stackProblem: why },
  ...{ files: [], moreFiles: 0, filesProblem: why },
});

/** null when there is no such process any more. Never rejects. */
export const inspectProcess = async (
  files: HostFiles,
  pid: number,
  startMs: number | null,
  wantExtents: boolean,
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
    files: wantExtents ? await countExtents(files, open) : open.map(({ file }) => file),
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
      file: { path, sizeBytes: stats.size, extents: null, problem: null },
    });
  }
  const open = [...byInode.values()].sort((a, b) => b.file.sizeBytes - a.file.sizeBytes);
  return { open: open.slice(0, MAX_FILES), more: Math.max(0, open.length - MAX_FILES), problem: null };
};

/** One after the other: this is asked of a machine in trouble. */
const countExtents = async (files: HostFiles, open: readonly Open[]): Promise<readonly OpenFile[]> => {
  const counted: OpenFile[] = [];
  for (const { file, link } of open) {
    const answer = (await extentsByInode(files, link)) ?? (await extentsByWalk(files, link));
    counted.push({ ...file, ...answer });
  }
  return counted;
};

type Extents = Pick<OpenFile, 'extents' | 'problem'>;

const extentsByInode = async (files: HostFiles, link: string): Promise<Extents | null> => {
  const { stdout } = await ask(files, 'xfs_io', ['-r', '-c', 'stat', link]);
  const count = /^fsxattr\.nextents = (\d+)$/m.exec(stdout)?.[1];
  return count === undefined ? null : { extents: Number(count), problem: null };
};

const extentsByWalk = async (files: HostFiles, link: string): Promise<Extents> => {
  const { stdout, missing, timedOut } = await ask(files, 'filefrag', [link]);
  const count = /: (\d+) extents? found/.exec(stdout)?.[1];
  if (count !== undefined) return { extents: Number(count), problem: null };
  if (missing)
    return {
      extents: null,
      problem: 'install e2fsprogs (filefrag) or xfsprogs (xfs_io) to count its extents',
    };
  return {
    extents: null,
    problem: timedOut
      ? `filefrag took longer than ${EXTENTS_MS / 1000}s`
      : 'its file system does not report them',
  };
};

const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

const ask = async (
  files: HostFiles,
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; missing: boolean; timedOut: boolean }> => {
  const asked = execa(program, args, {
    reject: false,
    timeout: EXTENTS_MS,
    stdin: 'ignore',
    maxBuffer: 64 * 1024,
    // Of the system, whatever PATH says: it may be root who asks.
    env: { ...builtEnvironment(process.env), PATH: SYSTEM_PATH },
    extendEnv: false,
  });
  noteHelper(files, asked.pid);
  const result = await asked;
  return { stdout: result.stdout, missing: result.code === 'ENOENT', timedOut: result.timedOut };
};
