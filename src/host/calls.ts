/**
 * Whose system calls the kernel's events do not show. 32-bit programs of a 64-bit kernel call by other numbers, for
 * which there are no events; file servers inside the kernel do without calls. What is counted by those events is not
 * zero for them, but not known.
 */
import type { HostFiles } from './files.ts';

const MAGIC = 0x7f454c46;
const CLASS_AT = 4;
const CLASS_32 = 1;

/** On these the kernel may be 32-bit itself, and its calls are those that are shown. */
const NARROW: ReadonlySet<string> = new Set(['arm', 'ia32', 'mips', 'mipsel']);

const SERVERS = /^(nfsd|ksmbd)\b/;

/** Why the system calls of this process are not seen; null when they are, or when nobody knows. */
export const whyUnseen = (files: HostFiles, pid: number, arch: string = process.arch): string | null => {
  if (!NARROW.has(arch) && isNarrow(files, `/proc/${pid}/exe`)) {
    return 'a 32-bit program: its system calls are not seen';
  }
  const name = serverAt(files, `/proc/${pid}`);
  return name === null ? null : `${name} works inside the kernel, without system calls`;
};

const isNarrow = (files: HostFiles, path: string): boolean => {
  const head = files.head(path, CLASS_AT + 1);
  return head?.length === CLASS_AT + 1 && head.readUInt32BE(0) === MAGIC && head[CLASS_AT] === CLASS_32;
};

/** A kernel thread has a name and no program. */
const serverAt = (files: HostFiles, directory: string): string | null => {
  const name = files.text(`${directory}/comm`)?.trim() ?? '';
  return SERVERS.test(name) && !files.link(`${directory}/exe`) ? name : null;
};
