/**
 * A real sshd on this machine, on a port of its own, with keys of its own, in a directory of its own; and the ssh of a user who
 * has configured it under the name `target` (and `target-2`, …). It can be in a network namespace, at the other end of a cable that can be cut.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from './until.ts';

const SSHD = ['/usr/sbin/sshd', '/usr/bin/sshd'].find(existsSync) ?? 'sshd';

export type Sshd = {
  /** For the tool: its `ssh` is the real one, with the configuration that names `target`. */
  readonly env: Readonly<Record<string, string>>;
  readonly dir: string;
  readonly pid: number;
  readonly port: number;
  /** The same, which knows another one by this name too; by a way that begins at a port of this machine, where there is one. */
  with(name: string, other: Sshd, way?: { readonly port: number }): Readonly<Record<string, string>>;
  /** Its processes, those of connections too. */
  processes(): number[];
  close(): void;
};

export type SshdOptions = {
  /** Words before sshd: those that start it elsewhere. */
  readonly within?: readonly string[];
  readonly address?: string;
  readonly user?: string;
  /** Of the configuration of sshd. */
  readonly settings?: readonly string[];
};

const run = (file: string, ...args: string[]): void => {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

export const startSshd = async ({
  within = [],
  address = '127.0.0.1',
  user = 'root',
  settings = [],
}: SshdOptions = {}): Promise<Sshd> => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-sshd-'));
  // Whoever logs in must be able to read its own key.
  chmodSync(dir, 0o755);
  const at = (name: string): string => join(dir, name);
  const port = await freePort();
  for (const key of ['host', 'user']) run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key));
  writeFileSync(at('authorized'), readFileSync(at('user.pub')));
  writeFileSync(
    at('known'),
    `[${address}]:${port} ${readFileSync(at('host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')}\n`,
  );
  writeFileSync(
    at('sshd_config'),
    [
      `Port ${port}`,
      `ListenAddress ${address}`,
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      `PidFile ${at('pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
      ...settings,
      '',
    ].join('\n'),
  );
  writeFileSync(
    at('ssh_config'),
    [
      // As many names as somebody wants, and one where nothing listens.
      'Host nobody-there*',
      ' Port 1',
      'Host target target-* nobody-there*',
      ` HostName ${address}`,
      ` Port ${port}`,
      ` User ${user}`,
      ` IdentityFile ${at('user')}`,
      ' IdentitiesOnly yes',
      ` UserKnownHostsFile ${at('known')}`,
      '',
    ].join('\n'),
  );
  mkdirSync(at('bin'));
  writeFileSync(at('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${at('ssh_config')} "$@"\n`, { mode: 0o755 });
  // Where it keeps its unprivileged half.
  mkdirSync('/run/sshd', { recursive: true });
  const [file = SSHD, ...args] = [...within, SSHD, '-D', '-f', at('sshd_config'), '-E', at('log')];
  const child = spawn(file, args, { stdio: 'ignore' });
  await until(() => existsSync(at('pid')));
  return {
    env: { PATH: `${at('bin')}${delimiter}${process.env.PATH ?? ''}` },
    dir,
    pid: child.pid ?? -1,
    port,
    with: (name, other, way) => {
      const its = readFileSync(join(other.dir, 'ssh_config'), 'utf8')
        .replace(/^Host target .*$/m, `Host ${name}`)
        .replace(
          ` Port ${other.port}`,
          way === undefined ? '$&' : ` Port ${way.port}\n HostKeyAlias [127.0.0.1]:${other.port}`,
        );
      appendFileSync(at('ssh_config'), its.slice(its.indexOf(`Host ${name}`)));
      return { PATH: `${at('bin')}${delimiter}${process.env.PATH ?? ''}` };
    },
    processes: () => descendantsOf(child.pid ?? -1),
    close: () => {
      for (const pid of descendantsOf(child.pid ?? -1)) tryKill(pid);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const tryKill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/** It, and all below it. */
export const descendantsOf = (pid: number): number[] => {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []));
  return [pid, ...below(pid)];
};
