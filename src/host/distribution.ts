/** Which command installs a package here, from /etc/os-release. */

/** Distribution ids of ID and ID_LIKE; the first that matches, in the order the file names them, decides. */
const INSTALLERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    debian: 'apt-get install -y',
    ubuntu: 'apt-get install -y',
    fedora: 'dnf install -y',
    rhel: 'dnf install -y',
    centos: 'dnf install -y',
    suse: 'zypper install -y',
    opensuse: 'zypper install -y',
    sles: 'zypper install -y',
    arch: 'pacman -S --noconfirm',
    alpine: 'apk add',
  }),
);

/** `apt-get install -y bpftrace`; words instead of a command where the distribution is unknown. */
export const installCommandOf = (osRelease: string | null, packageName: string): string => {
  const installer = distributionsOf(osRelease)
    .map((id) => INSTALLERS.get(id))
    .find((command) => command !== undefined);
  return installer === undefined
    ? `the package ${packageName}, with this system's package manager`
    : `${installer} ${packageName}`;
};

/** bpftrace as distributions have it, by ID and VERSION_ID: of those whose packages were looked at. */
const OFFERS: Readonly<Record<string, string>> = {
  'ubuntu 20.04': '0.9.4',
  'ubuntu 22.04': '0.14.0',
  'ubuntu 24.04': '0.20.2',
  'ubuntu 25.10': '0.23.5',
  'ubuntu 26.04': '0.25.0',
  'debian 11': '0.11.3',
  'debian 12': '0.17.0',
  'debian 13': '0.23.2',
  'amzn 2': '0.11.4',
  'alpine 3.22': '0.23.3',
  'alpine 3.23': '0.24.1',
  'alpine 3.24': '0.26.1',
  'openEuler 24.03': '0.19.1',
};

/** `Debian GNU/Linux 12 (bookworm) offers 0.17.0`; null of a distribution that is not known so well. */
export const offerOf = (osRelease: string | null): string | null => {
  const field = (key: string): string => fieldOf(osRelease ?? '', key);
  const version = OFFERS[`${field('ID')} ${field('VERSION_ID').split('.').slice(0, 2).join('.')}`];
  return version === undefined ? null : `${field('PRETTY_NAME') || field('ID')} offers ${version}`;
};

/** The distribution's own id, and those it is like. */
export const distributionsOf = (osRelease: string | null): readonly string[] =>
  ['ID', 'ID_LIKE'].flatMap((key) => fieldOf(osRelease ?? '', key).split(/\s+/));

const fieldOf = (osRelease: string, key: string): string =>
  new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
