/**
 * Writes a session to a file as it happens: one record a line, each line handed to the kernel whole and at once,
 * so that a recorder killed at any moment leaves a file that is readable to its last whole sample.
 *
 * The file is new (O_EXCL), private (0600), never reached through a symbolic link, and belongs to the user who
 * called sudo. A disk that is slow costs records, not memory and not the tracing: beyond a bounded queue records
 * are dropped, counted, and the count is written as a loss when the disk is back; counters are cumulative, so the
 * totals heal with the next full sample. A disk that fails ends the recording, not the session.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import type { Writable } from 'node:stream';
import ndjson from 'ndjson';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import { failure, isFailure } from '../errors.ts';
import type { Sink } from '../session/ports.ts';

export type Recorder = Sink & {
  readonly path: string;
  /** Removes a file that will never hold a session, because tracing could not begin. */
  discard(): void;
  /** What the file holds and what went wrong with it, at any time. */
  status(): {
    readonly bytes: number;
    readonly records: number;
    readonly dropped: number;
    readonly problem: string | null;
  };
};

export type RecorderOptions = {
  readonly path: string;
  readonly overwrite: boolean;
  /** Who gets the file when root writes it for somebody. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
};

const MAX_QUEUED_BYTES = 32 * 1024 * 1024;

/** Creates the file at once, so that a wrong path is known before tracing begins. Throws a StallscopeError. */
export const createRecorder = (options: RecorderOptions): Recorder => {
  // With `overwrite` the old recording stays until the new one really begins.
  const createdAs = options.overwrite ? `${options.path}.${process.pid}.new` : options.path;
  const fd = createFile(createdAs, options);
  const file = fs.createWriteStream(createdAs, { fd });
  const lines = ndjson.stringify() as unknown as Writable & NodeJS.ReadableStream;
  let records = 0;
  let dropped = 0;
  let unreported = 0;
  let problem: string | null = null;

  file.on('error', (error: NodeJS.ErrnoException) => {
    problem ??= `recording stopped: ${error.code ?? error.message}`;
  });
  // Not a pipe: it would hold the queue back in `lines`, where its bytes are not counted.
  lines.on('data', (line: string) => {
    if (problem === null) file.write(line);
  });
  lines.on('end', () => file.end());

  const hasRoom = (): boolean => file.writableLength < MAX_QUEUED_BYTES;

  const put = (record: HeaderRecord | StreamRecord): void => {
    records += 1;
    lines.write(record);
  };

  const write = (record: StreamRecord): void => {
    if (problem !== null) return;
    if (!hasRoom()) {
      dropped += 1;
      unreported += 1;
      return;
    }
    if (unreported > 0) {
      put({ type: 'loss', bootUs: record.bootUs, kind: 'recorder-dropped', count: unreported });
      unreported = 0;
    }
    // A trailer promises completeness: it counts what this file holds.
    put(record.type === 'trailer' ? { ...record, records: records + 1 } : record);
  };

  return {
    path: options.path,
    begin: (header) => {
      if (options.overwrite) takePlace(createdAs, options.path);
      put(header);
    },
    write,
    end: async () => {
      lines.end();
      if (problem === null)
        await Promise.race([once(file, 'close'), once(file, 'error')]).catch(() => undefined);
      file.destroy();
    },
    discard: () => {
      file.destroy();
      if (records === 0) fs.rmSync(createdAs, { force: true });
    },
    status: () => ({ bytes: file.bytesWritten, records, dropped, problem }),
  };
};

const createFile = (file: string, { path, overwrite, owner }: RecorderOptions): number => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  try {
    if (overwrite) refuseToReplace(path);
    const fd = fs.openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    if (owner !== null) fs.fchownSync(fd, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    if (isFailure(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existing(file);
    throw failure('E_OUTPUT_CREATE', { path, why: code ?? message }, error);
  }
};

/** `--force` replaces a file, never a directory or a device. */
const refuseToReplace = (path: string): void => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile() || stat.isSymbolicLink()) return;
  throw failure('E_OUTPUT_CREATE', {
    path,
    why: stat.isDirectory() ? 'it is a directory' : 'it is not a regular file',
  });
};

/** A new inode under the old name: whoever reads the old recording goes on reading it. */
const takePlace = (from: string, to: string): void => {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    throw failure(
      'E_OUTPUT_CREATE',
      { path: to, why: (error as NodeJS.ErrnoException).code ?? 'rename failed' },
      error,
    );
  }
};

const existing = (path: string): Error => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  return failure('E_OUTPUT_EXISTS', {
    path,
    size: stat?.size ?? 0,
    mtime: stat?.mtime.toISOString() ?? 'at an unknown time',
  });
};
