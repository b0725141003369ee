/** The first round trip: who we are there, which machine it is, and its bpftrace. */
import { failure, type StallscopeError } from '../errors.ts';
import type { BpftraceFacts } from '../host/bpftrace.ts';
import { bpftracePlaces, NOT_FOUND, versionOf } from '../host/bpftrace.ts';
import type { RootRefusal } from '../host/facts.ts';
import type { HostFiles } from '../host/files.ts';
import type { Machine } from '../host/machine.ts';
import { isRootsOwn } from '../host/which.ts';
import type { Address } from './address.ts';
import type { RemoteClock } from './clock.ts';
import { quote } from './quote.ts';
import type { Reader } from './reader.ts';

export type About = {
  readonly pid: number;
  /** The reader, its guard, and what started it: sshd, or sudo. */
  readonly processes: readonly number[];
  readonly user: string;
  readonly uid: number;
  /** What sudo said when it refused; empty where it was not asked, or did not. */
  readonly refused: string;
  readonly shell: string;
  readonly hostname: string;
  readonly system: string;
  readonly kernel: string;
  readonly arch: string;
  /** Another after each boot. */
  readonly boot: string;
  readonly searchPath: string;
};

/** @throws E_REMOTE when it is not what a shell of ours says */
export const readAbout = async (reader: Reader, address: Address): Promise<About> => {
  const { bytes } = await reader.ask('i');
  const said = new Map(
    bytes
      .toString('utf8')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()] as const),
  );
  const word = (key: string): string => (said.get(key) ?? '').slice(0, 4_096);
  const about = {
    pid: Number.parseInt(word('pid'), 10),
    processes: word('pid')
      .split(' ')
      .map(Number)
      .filter((pid) => pid > 1),
    user: word('user'),
    uid: Number.parseInt(word('uid'), 10),
    refused: word('refused'),
    shell: word('sh'),
    hostname: word('name') || address.name,
    system: word('system'),
    kernel: word('kernel'),
    arch: word('arch'),
    boot: word('boot'),
    searchPath: word('path'),
  };
  if (!Number.isSafeInteger(about.pid) || !Number.isSafeInteger(about.uid) || about.system === '')
    throw failure('E_REMOTE', { host: address.text, why: 'its shell did not say which machine it is' });
  return about;
};

/** The wall clock there; of three readings the one that took least time says most. */
export const readWall = async (reader: Reader, clock: RemoteClock): Promise<void> => {
  for (let times = 0; times < 3; times += 1) {
    const fromMs = Date.now();
    const { bytes } = await reader.ask('d');
    const [, seconds, part] = /^(\d+) (\d{9})?/.exec(bytes.toString('latin1')) ?? [];
    if (seconds === undefined) continue;
    const shownMs = Number(seconds) * 1_000 + Number(part ?? 0) / 1e6;
    clock.noteWall({ fromMs, toMs: Date.now(), shownMs, unsureMs: part === undefined ? 500 : 0 });
  }
};

/** Such as that bpftrace there is asked for its version by the reader. */
export const machineOf = (
  reader: Reader,
  {
    address,
    about,
    pushed,
  }: { readonly address: Address; readonly about: About; readonly pushed: string | null },
): Machine => {
  const becomeRoot = about.uid === 0 ? null : refusal(address, about);
  return {
    platform: about.system.toLowerCase(),
    kernel: about.kernel,
    arch: about.arch,
    hostname: about.hostname,
    uid: about.uid,
    cpusOf: (files) => (files.text('/proc/stat') ?? '').match(/^cpu\d/gm)?.length ?? 0,
    memoryBytesOf: (files) =>
      Number(/^MemTotal:\s+(\d+) kB$/m.exec(files.text('/proc/meminfo') ?? '')?.[1] ?? 0) * 1_024,
    findBpftrace: (files) =>
      pushed === null ? findBpftrace(reader, address, about, files) : versionThere(reader, address, pushed),
    runThere: (command) => `ssh -t ${address.text} ${about.uid === 0 ? '' : 'sudo '}${command}`,
    becomeRoot,
    name: address.name,
  };
};

const refusal = (address: Address, { user, uid, refused, shell }: About): RootRefusal => {
  const line = `${user} ALL=(root) NOPASSWD: ${shell.startsWith('/') ? shell : '/bin/sh'}`;
  const why = refused.trim() || 'sudo said nothing';
  return {
    fact: `uid ${uid} on ${address.name}, and sudo -n refused (${why}); tracing needs root`,
    command: `ssh -t ${address.text} "echo ${quote(line)} | sudo tee /etc/sudoers.d/stallscope"`,
    error: (): StallscopeError => failure('E_SUDO', { host: address.text, user, why, line }),
  };
};

const findBpftrace = async (
  reader: Reader,
  address: Address,
  { searchPath, uid }: About,
  files: HostFiles,
): Promise<BpftraceFacts> => {
  const places = bpftracePlaces('', searchPath);
  const path = places.find((place) => files.isExecutable(place) && (uid !== 0 || isRootsOwn(files, place)));
  if (path === undefined)
    return {
      bpftrace: null,
      bpftraceProblem: `${NOT_FOUND}on ${address.name}, in PATH or where it usually is`,
    };
  return versionThere(reader, address, path);
};

const versionThere = async (reader: Reader, address: Address, path: string): Promise<BpftraceFacts> => {
  const { bytes } = await reader.ask('v', path);
  const version = versionOf(bytes.toString('utf8'));
  return version === null
    ? { bpftrace: null, bpftraceProblem: `${path} --version on ${address.name} printed no version` }
    : { bpftrace: { path, version }, bpftraceProblem: null };
};
