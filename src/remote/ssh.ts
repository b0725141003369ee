/**
 * The command lines of the user's own ssh: its configuration, agent and jump hosts count. One connection (the first of
 * them is its master, through a socket in a directory of our own), nothing forwarded, no password asked, and a link that
 * gives no sign of life for 15 s is over. How host keys are checked is the user's business, and is not touched.
 */
import { join } from 'node:path';
import type { Address } from './address.ts';
import { quote } from './quote.ts';

const OPTIONS: readonly string[] = [
  'BatchMode=yes',
  'ConnectTimeout=10',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
  'RequestTTY=no',
  'EscapeChar=none',
  'ControlPersist=no',
];

export type SshRole = 'master' | 'channel';

/** @param folder where the socket of the connection is */
export const sshArguments = (
  { text }: Address,
  { role, folder, command }: { readonly role: SshRole; readonly folder: string; readonly command: string },
): readonly string[] => [
  '-T',
  '-C',
  ...[...OPTIONS, `ControlMaster=${role === 'master' ? 'yes' : 'no'}`].flatMap((option) => ['-o', option]),
  '-S',
  join(folder, 'ssh'),
  '--',
  text,
  command,
];

/**
 * What the login shell there is given. It may be any, csh and fish among them: so there is nothing in it that one of them
 * reads otherwise than sh. Who is not root becomes root where that needs no password, and goes on as who he is where it
 * does. The script itself comes on standard input, where no list of processes shows it.
 */
export const startOf = (scriptBytes: number): string =>
  `exec sh -c ${quote(BECOME_ROOT)} stallscope ${quote(readScript(scriptBytes))}`;

const BECOME_ROOT =
  'test "$(id -u)" = 0 && exec sh -c "$1"; no=$(sudo -n sh -c : 2>&1) && exec sudo -n sh -c "$1"; export no; exec sh -c "$1"';

/** Byte by byte: what follows on standard input is for the script. */
const readScript = (bytes: number): string => `eval "$(dd bs=1 count=${bytes} 2>/dev/null)"`;
