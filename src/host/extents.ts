/**
 * In how many extents a file lies. XFS keeps the number in the inode (`xfs_io -c stat`, one system call); elsewhere
 * `filefrag -v` walks the list (FIEMAP), a line for each, and those lines are counted: its own sum joins what lies side by
 * side on the disk, and a search for a hole does not. What it printed before its time was over is the least there are.
 * Neither of them makes the file system write what it has delayed.
 *
 * Files are given by a link below /proc/PID/fd, so that the deleted and those of other mount namespaces are found, and so
 * that no name of a file stands in what is read here.
 */
import type { ExtentCount } from '../core/file-extents.ts';
import { type Answer, type Asking, ask, systemProgram } from './ask.ts';
import { installCommandOf } from './distribution.ts';
import type { HostFiles } from './files.ts';

const FILE_SYSTEMS: Readonly<Record<string, string>> = {
  '58465342': 'xfs',
  ef53: 'ext4',
  '9123683e': 'btrfs',
  '1021994': 'tmpfs',
  f2f52010: 'f2fs',
  ca451a4e: 'bcachefs',
  '794c7630': 'overlay',
  '6969': 'nfs',
};

/** Never rejects. */
export const countExtents = async (
  files: HostFiles,
  link: string,
  asking: Omit<Asking, 'onOutput'>,
): Promise<ExtentCount> => (await byInode(files, link, asking)) ?? byWalk(files, link, asking);

/** What to install, where there is nothing to count with; null where there is. */
export const missingCounter = (files: HostFiles): string | null =>
  ['filefrag', 'xfs_io'].some((name) => systemProgram(files, name) !== null)
    ? null
    : installCommandOf(files.text('/etc/os-release'), 'e2fsprogs xfsprogs');

const byInode = async (
  files: HostFiles,
  link: string,
  asking: Omit<Asking, 'onOutput'>,
): Promise<ExtentCount | null> => {
  const { stdout, how } = await ask(files, 'xfs_io', ['-r', '-c', 'stat', link], asking);
  if (how === 'stuck' || how === 'late' || how === 'interrupted')
    return { ...unknown(null, lateText(how, 'xfs_io', asking)), ...stuck(how) };
  // Of other file systems it says nothing.
  const count = /^fsxattr\.nextents = (\d+)$/m.exec(stdout)?.[1];
  return count === undefined
    ? null
    : { extents: Number(count), isLeast: false, fileSystem: 'xfs', problem: null };
};

const byWalk = async (
  files: HostFiles,
  link: string,
  asking: Omit<Asking, 'onOutput'>,
): Promise<ExtentCount> => {
  const lines = createLineCount();
  const { how } = await ask(files, 'filefrag', ['-v', link], { ...asking, onOutput: lines.add });
  const { extents, head } = lines.counted();
  const magic = /^Filesystem type is: ([0-9a-f]+)$/m.exec(head)?.[1];
  const fileSystem = FILE_SYSTEMS[magic ?? ''] ?? null;
  switch (how) {
    case 'ended':
      // It ends well where FIEMAP is refused, too, and prints no table then.
      return /^ ext:/m.test(head) || /: 0 extents found$/m.test(head)
        ? { extents, isLeast: false, fileSystem, problem: null }
        : unknown(fileSystem, 'its file system does not report them');
    case 'failed':
      return unknown(fileSystem, 'its file system does not report them');
    case 'missing':
      return unknown(null, 'install e2fsprogs (filefrag) or xfsprogs (xfs_io) to count its extents');
    default: {
      const problem = lateText(how, 'filefrag', asking);
      return {
        ...(extents === 0 ? unknown(fileSystem, problem) : { extents, isLeast: true, fileSystem, problem }),
        ...stuck(how),
      };
    }
  }
};

const stuck = (how: Answer['how']): { readonly isStuck?: true } => (how === 'stuck' ? { isStuck: true } : {});

const unknown = (fileSystem: string | null, problem: string): ExtentCount => ({
  ...{ extents: null, isLeast: false },
  ...{ fileSystem, problem },
});

const lateText = (how: 'late' | 'stuck' | 'interrupted', program: string, { timeoutMs }: Asking): string => {
  if (how === 'interrupted') return 'it was interrupted';
  const late = `${program} took longer than ${timeoutMs / 1000}s`;
  return how === 'late' ? late : `${late}, and the kernel has not let it end`;
};

const MAX_HEAD_CHARS = 4_096;
const NEWLINE = 10;
const SPACE = 32;
const COLON = 58;

/**
 * Counts the lines that begin with a number and a colon, in whatever pieces they come; a line that is not whole is none.
 * Also the beginning of it all, as text.
 */
export const createLineCount = () => {
  let extents = 0;
  let head = '';
  /** Where in a line we are: before its number, in it, or past what matters. */
  let state: 'blank' | 'digits' | 'row' | 'other' = 'blank';
  const add = (bytes: Buffer | string): void => {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (head.length < MAX_HEAD_CHARS) head += chunk.toString('latin1', 0, MAX_HEAD_CHARS);
    for (const byte of chunk) {
      if (byte === NEWLINE) {
        if (state === 'row') extents += 1;
        state = 'blank';
      } else if (state === 'row' || state === 'other') continue;
      else if (byte >= 48 && byte <= 57) state = 'digits';
      else if (byte === COLON && state === 'digits') state = 'row';
      else if (byte !== SPACE || state === 'digits') state = 'other';
    }
  };
  return { add, counted: () => ({ extents, head }) };
};
