/** What a test needs of the host. A group that cannot run is skipped with the reason in its name, and counted. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

type Need =
  | 'linux'
  | 'root'
  | 'bpftrace'
  | 'tracefs'
  | 'mkfs.xfs'
  | 'mkfs.ext4'
  | 'perl'
  | 'ssh'
  | 'sshd'
  | 'ip'
  | 'sudo'
  | 'loop device'
  | 'cc'
  | 'bash'
  | 'zsh'
  | 'fish'
  | '/usr/bin/chromium'
  | 'prometheus'
  | 'promtool'
  | 'victoria-metrics'
  | '/usr/bin/python3'
  | 'dpkg-deb'
  | 'lintian'
  | 'debootstrap'
  | 'sadf';

const onPath = (name: string): boolean =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((directory) =>
    existsSync(join(directory, name)),
  );

const isTracefsThere = (): boolean => {
  try {
    return readdirSync('/sys/kernel/tracing/events').length > 0;
  } catch {
    return false;
  }
};

const HAS: Readonly<Record<Need, () => boolean>> = {
  linux: () => process.platform === 'linux',
  root: () => process.getuid?.() === 0,
  bpftrace: () => onPath('bpftrace'),
  tracefs: isTracefsThere,
  'mkfs.xfs': () => onPath('mkfs.xfs'),
  'mkfs.ext4': () => onPath('mkfs.ext4'),
  perl: () => onPath('perl'),
  ssh: () => onPath('ssh'),
  sshd: () => onPath('sshd'),
  ip: () => onPath('ip'),
  sudo: () => onPath('sudo'),
  cc: () => onPath('cc'),
  bash: () => onPath('bash'),
  zsh: () => onPath('zsh'),
  fish: () => onPath('fish'),
  '/usr/bin/chromium': () => existsSync('/usr/bin/chromium'),
  prometheus: () => onPath('prometheus'),
  promtool: () => onPath('promtool'),
  'victoria-metrics': () => onPath('victoria-metrics'),
  '/usr/bin/python3': () => existsSync('/usr/bin/python3'),
  'dpkg-deb': () => onPath('dpkg-deb'),
  lintian: () => onPath('lintian'),
  debootstrap: () => onPath('debootstrap'),
  sadf: () => onPath('sadf'),
  'loop device': () => existsSync('/dev/loop-control'),
};

/** Tests of minutes run where there is time for them: in CI, and when asked for. */
export const HAS_TIME = process.env.STALLSCOPE_LONG === '1';
export const forLong = (name: string): string =>
  HAS_TIME ? name : `${name} [needs time: STALLSCOPE_LONG=1]`;

/** Real eBPF on this kernel. */
export const TRACING: readonly Need[] = ['linux', 'root', 'bpftrace', 'tracefs'];

export const describeWith = (needs: readonly Need[], name: string, body: () => void): void => {
  const missing = needs.filter((need) => !HAS[need]());
  if (missing.length === 0) describe(name, body);
  else describe.skip(`${name} [needs ${missing.join(', ')}]`, body);
};
