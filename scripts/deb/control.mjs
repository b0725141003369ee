// What Debian's tools are to know of the package, as the texts they read.

/** What the libraries in Node's official binaries ask for: glibc 2.28, GLIBCXX 3.4.21 and CXXABI 1.3.9. */
const DEPENDS = ['libc6 (>= 2.28)', 'libgcc-s1 | libgcc1', 'libstdc++6 (>= 5.2)'];

const DESCRIPTION = `counts, per process, what makes Linux machines stall
 stallscope counts kernel events per process with eBPF, through bpftrace:
 searches for holes, page cache misses, failed allocations, reclaim, time
 in uninterruptible sleep, requests to disks and more. It shows them beside
 the signals of the machine, names the failure when it is a known one,
 records all of it, and replays a recording anywhere as it was seen.
 .
 This package holds one executable with the Node.js runtime in it.`;

export const controlText = ({ version, arch, maintainer, installedKiB }) => `Package: stallscope
Version: ${version}
Architecture: ${arch}
Maintainer: ${maintainer}
Installed-Size: ${installedKiB}
Depends: ${DEPENDS.join(', ')}
Recommends: bpftrace (>= 0.14)
Section: admin
Priority: optional
Description: ${DESCRIPTION}
`;

/** `licences`: of what is within, with their texts. */
export const copyrightText = (licences) => `stallscope, made from its own repository.

Copyright: the stallscope contributors

stallscope is licensed under the Apache License, Version 2.0, which is on
Debian systems in /usr/share/common-licenses/Apache-2.0.

${licences}`;

export const changelogText = ({
  version,
  maintainer,
  date,
}) => `stallscope (${version}) unstable; urgency=medium

  * Release ${version}: what is new is in NEWS.md beside this file.

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`;

/** What lintian would have otherwise, and why it is as it is. */
export const OVERRIDES = `# The executable is Node.js as its project publishes it, with the tool put into it: its libraries are within.
stallscope: embedded-library *
# As published: not position independent.
stallscope: hardening-no-pie *
# Texts of what is within go along as their authors wrote them, old addresses and all.
stallscope: copyright-file-contains-full-apache-2-license
stallscope: old-fsf-address-in-copyright-file
`;
