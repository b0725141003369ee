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

/** The distribution's own id, and those it is like. */
export const distributionsOf = (osRelease: string | null): readonly string[] =>
  ['ID', 'ID_LIKE'].flatMap((key) => fieldOf(osRelease ?? '', key).split(/\s+/));

const fieldOf = (osRelease: string, key: string): string =>
  new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(osRelease)?.[1] ?? '';
