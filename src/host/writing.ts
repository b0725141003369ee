/** What a process waits in, as the kernel says it: by the first argument of the call it is in. */
import type { HostFiles } from './files.ts';

/**
 * Whether a process runs, or is inside a system call whose first argument is that of its output (1) or its errors (2), as that of
 * a write would be; null where the kernel does not say.
 */
export const isWriting = (files: HostFiles, pid: number): boolean | null => {
  const call = files.text(`/proc/${pid}/syscall`);
  if (call === null || call === '') return null;
  return call.startsWith('running') || /^\d+ 0x[12] /.test(call);
};
