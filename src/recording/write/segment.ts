/**
 * One file of a recording, being written: text goes in by whole lines, each append in one write to the end of the file.
 * In a packed file every append is flushed through the packer, so that what was appended can be read although its
 * block is not closed; a killed writer leaves what it has appended in both.
 *
 * The file is new (O_EXCL), private (0600), never reached through a symbolic link, and belongs to the user who called
 * sudo. An append that fails is taken back as far as the disk allows: what stands there ends with a whole line.
 */
import fs from 'node:fs';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { failure, isFailure } from '../../errors.ts';
import { packedSeal, type Seal } from '../seal.ts';

export type Owner = { readonly uid: number; readonly gid: number };

export type Segment = {
  readonly path: string;
  /** Bytes of the file so far. */
  bytes(): number;
  /** Whole lines. Rejects with what the disk says. */
  append(text: Buffer): Promise<void>;
  /** Closes a block; `seal.bytes` is filled in. */
  closeBlock(seal: Seal): Promise<void>;
  /** On the disk, whatever happens to the machine. Rejects also when the file has no name any more. */
  sync(): Promise<void>;
  close(): Promise<void>;
  /** Under its own name now, if it was made under another. */
  takePlace(path: string): void;
  remove(): void;
};

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);
const WINDOW_BYTES = 32 * 1024;
const GZIP_MEMBER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const DEFLATE_END = Buffer.from([3, 0]);

/** Creates the file at once, so that a wrong path is known before tracing begins. Throws a StallscopeError. */
export const createSegment = (path: string, packed: boolean, owner: Owner | null): Segment => {
  const fd = createFile(path, owner);
  let name = path;
  let size = 0;
  let open = true;
  /** Of the block being written: its start in the file, checksum and length of its text, and its last bytes. */
  let block = { start: 0, crc: 0, textBytes: 0, window: Buffer.alloc(0) };

  const put = async (bytes: Buffer): Promise<void> => {
    try {
      for (let done = 0; done < bytes.length; )
        done += (await write(fd, bytes, done, bytes.length - done, size + done)).bytesWritten;
    } catch (error) {
      // What was written of it would be a torn line.
      await truncate(fd, size).catch(() => undefined);
      throw error;
    }
    size += bytes.length;
  };

  return {
    path,
    bytes: () => size,
    append: async (text) => {
      if (!packed) return put(text);
      const options = { finishFlush: constants.Z_SYNC_FLUSH, dictionary: block.window };
      const body = await deflate(
        text,
        block.window.length === 0 ? { finishFlush: constants.Z_SYNC_FLUSH } : options,
      );
      await put(block.textBytes === 0 ? Buffer.concat([GZIP_MEMBER, body]) : body);
      block = {
        start: block.start,
        crc: crc32(text, block.crc),
        textBytes: block.textBytes + text.length,
        // What later text may refer to: a later piece is packed for itself, with this as its past.
        window: Buffer.from(Buffer.concat([block.window, text]).subarray(-WINDOW_BYTES)),
      };
    },
    closeBlock: async (seal) => {
      if (packed) {
        const end = Buffer.alloc(8);
        end.writeUInt32LE(block.crc, 0);
        end.writeUInt32LE(block.textBytes % 2 ** 32, 4);
        const bytes = size - block.start + DEFLATE_END.length + end.length;
        const whole = { ...seal, bytes, crc32: block.crc, textBytes: block.textBytes };
        await put(Buffer.concat([DEFLATE_END, end, packedSeal(whole, crc32)]));
      }
      block = { start: size, crc: 0, textBytes: 0, window: Buffer.alloc(0) };
    },
    sync: async () => {
      await datasync(fd);
      // Written on and on to what nobody can find any more.
      if ((await fstat(fd)).nlink === 0) throw new Error('its file was deleted');
    },
    close: async () => {
      if (open) await close(fd);
      open = false;
    },
    takePlace: (to) => {
      rename(name, to);
      name = to;
    },
    remove: () => {
      if (open) fs.closeSync(fd);
      open = false;
      fs.rmSync(name, { force: true });
    },
  };
};

const write = promisify(fs.write);
const truncate = promisify(fs.ftruncate);
const datasync = promisify(fs.fdatasync);
const fstat = (fd: number): Promise<fs.Stats> => promisify(fs.fstat)(fd);
const close = promisify(fs.close);

const createFile = (path: string, owner: Owner | null): number => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  try {
    const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    if (owner !== null) fs.fchownSync(fd, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    if (isFailure(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw existing(path);
    throw failure('E_OUTPUT_CREATE', { path, why: code ?? message }, error);
  }
};

/** A new inode under the old name: whoever reads the old recording goes on reading it. */
const rename = (from: string, to: string): void => {
  try {
    fs.renameSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw failure('E_OUTPUT_CREATE', { path: to, why: code ?? 'rename failed' }, error);
  }
};

/** `--force` replaces a file, never a directory or a device. */
export const refuseToReplace = (path: string): void => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile() || stat.isSymbolicLink()) return;
  throw failure('E_OUTPUT_CREATE', {
    path,
    why: stat.isDirectory() ? 'it is a directory' : 'it is not a regular file',
  });
};

export const existing = (path: string): Error => {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  return failure('E_OUTPUT_EXISTS', {
    path,
    size: stat?.size ?? 0,
    mtime: stat?.mtime.toISOString() ?? 'at an unknown time',
  });
};
