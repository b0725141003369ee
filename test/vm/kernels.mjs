// The kernels of the matrix: Debian's own, each with its release's own bpftrace, and what else is tried on it.

export const MIRROR = process.env.STALLSCOPE_VM_MIRROR ?? 'http://deb.debian.org/debian';

export const KERNELS = [
  // `module` makes XFS's kmem_alloc fail on demand, where there is one.
  // The release's own bpftrace (0.11) is older than we accept, which is a row of its own; the counts are proved with
  // the next release's.
  { version: '5.10', suite: 'bullseye', newer: 'bookworm', module: 'failkmem' },
  { version: '6.1', suite: 'bookworm', module: 'failkmem' },
  { version: '6.12', suite: 'trixie' },
  { version: '7.2', suite: 'sid' },
];

/** The kernels of these versions, all for none; throws for a version that is not in the matrix. */
export const chooseKernels = (versions) => {
  const unknown = versions.find((wanted) => !KERNELS.some(({ version }) => version === wanted));
  if (unknown !== undefined) {
    const known = KERNELS.map(({ version }) => version).join(', ');
    throw new Error(`There is no kernel ${unknown} in the matrix. It has: ${known}`);
  }
  return versions.length === 0 ? KERNELS : KERNELS.filter(({ version }) => versions.includes(version));
};
