/**
 * An executable of the user's, on a host that has none that is new enough: copied over the connection into a directory that only we
 * may enter, run from there, and removed with the connection, whatever ends it. The reader there makes the directory and its
 * guard removes it too; what both could not, killed at once, the next connection removes (scripts.ts).
 */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { failure } from '../errors.ts';
import type { Address } from './address.ts';
import type { Connection } from './connection.ts';
import type { About } from './machine.ts';
import { uploadScript } from './scripts.ts';

export type Executable = {
  readonly path: string;
  readonly sizeBytes: number;
  /** As `uname -m` says it. */
  readonly arch: string;
};

const MOST_BYTES = 512 * 1024 * 1024;
/** e_machine of its ELF header. */
const ARCHES: ReadonlyMap<number, string> = new Map([
  [62, 'x86_64'],
  [183, 'aarch64'],
]);

/** @throws E_EXECUTABLE for what could run nowhere */
export const readExecutable = (path: string): Executable => {
  const refuse = (why: string): Error => failure('E_EXECUTABLE', { path, why });
  const head = Buffer.alloc(20);
  let sizeBytes = 0;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw refuse('it is no file');
    sizeBytes = stat.size;
    const fd = openSync(path, 'r');
    readSync(fd, head, 0, head.length, 0);
    closeSync(fd);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined || code.startsWith('E_') ? error : refuse(code);
  }
  if (head.toString('latin1', 0, 4) !== '\x7fELF') throw refuse('it is no executable for Linux (ELF)');
  // Its bpftrace would be a child of what we start, and could outlive it.
  if (head.toString('latin1', 8, 10) === 'AI')
    throw refuse(
      'it is an AppImage, which starts bpftrace as a child of its own: give the executable itself',
    );
  if (sizeBytes > MOST_BYTES) throw refuse('it is larger than 512 MiB');
  return { path, sizeBytes, arch: ARCHES.get(head.readUInt16LE(18)) ?? 'unknown' };
};

/**
 * Its path there.
 *
 * @throws E_REMOTE
 */
export const pushExecutable = async (
  connection: Connection,
  address: Address,
  { about, executable }: { readonly about: About; readonly executable: Executable },
): Promise<string> => {
  const refuse = (why: string): Error => failure('E_REMOTE', { host: address.text, why });
  if (executable.arch !== about.arch)
    throw refuse(`it is ${about.arch}, and ${executable.path} is for ${executable.arch}`);
  const { bytes, status } = await connection.reader.ask('P', String(Math.ceil(executable.sizeBytes / 1_024)));
  const folder = bytes.toString('utf8').trim();
  if (status !== 0 || !folder.startsWith('/'))
    throw refuse('no directory there has room for it and lets an executable run (noexec)');
  const path = `${folder}/bpftrace`;
  const channel = connection.channel(uploadScript({ reader: about.pid, path }));
  const said: string[] = [];
  channel.onError((text) => said.push(text));
  const ended = new Promise<number | null>((resolve) => channel.ssh.once('close', resolve));
  channel.ssh.stdout.resume();
  await pipeline(createReadStream(executable.path), channel.ssh.stdin).catch(() => undefined);
  if ((await ended) !== 0)
    throw refuse(`${executable.path} could not be copied: ${said.join(' ').trim() || 'the link ended'}`);
  return path;
};
