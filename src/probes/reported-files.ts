/**
 * Files that only the host can judge: whether a program holds an interpreter is written in its file, not in what the kernel
 * side sees of it. A probe's script sets `@map[inode] = name` where a process begins to use such a file; in a session
 * each inode is reported once, in a line (frame.ts), early enough that the host can often still ask the process.
 *
 * Lines are limited in number per interval; @frame_files counts every one that was due, so that the reader knows how many
 * it was not given. A map that is full costs lines, never one of them: what it cannot remember is reported again.
 */
import { assignments } from './checked-maps.ts';
import { type FrameRequest, parentOf, startNsOf } from './frame-text.ts';

/** Of each interval: a program not run before is rare, and a build runs dozens a second at most. */
export const FILE_LINES_PER_INTERVAL = 500;

/** The same body, with each assignment to `map` as a line that is printed once for each key. */
export const withReports = (body: string, map: string, request: Pick<FrameRequest, 'startTime'>): string =>
  body.replace(assignments(map), (_statement, key: string, name: string) =>
    [
      `if (${map}[${key}] != 1) { @frame_files = count();`,
      `if (@frame_files_burst < ${FILE_LINES_PER_INTERVAL}) {`,
      '@frame_files_burst = @frame_files_burst + 1;',
      `${map}[${key}] = 1;`,
      `printf("file ${map.slice(1)} %d %llu %llu %d %llu %s\\n%s\\n", pid, nsecs, ${startNsOf(request)}, ${parentOf(request)}, ${key}, comm, ${name.trim()});`,
      '} }',
    ].join(' '),
  );
