/**
 * A small XFS of our own, on a loop device over a sparse image, with one file of a known number of extents. It is
 * unmounted and removed when the body has ended, however that ended. Needs root, xfsprogs and a loop device.
 */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { WORKLOADS } from './workloads.ts';

export type FragmentedXfs = {
  /** The mount point, writable by everybody. */
  readonly dir: string;
  /** The file of exactly `extents` written extents. */
  readonly file: string;
  readonly extents: number;
};

/** Sparse: what it takes on disk is what is written, some 80 MB beside twice the fragmented file. */
const IMAGE_BYTES = 2 * 1024 ** 3;

export const withFragmentedXfs = async <Result>(
  extents: number,
  body: (xfs: FragmentedXfs) => Promise<Result>,
): Promise<Result> => {
  const xfs = await mountFragmentedXfs(extents);
  try {
    return await body(xfs);
  } finally {
    await xfs.close();
  }
};

/** For a group of tests that share one; whoever opens it closes it. */
export const mountFragmentedXfs = async (
  extents: number,
): Promise<FragmentedXfs & { close(): Promise<void> }> => {
  const root = mkdtempSync(join(tmpdir(), 'stallscope-xfs-'));
  const image = join(root, 'image');
  const dir = join(root, 'mnt');
  const file = join(dir, 'fragmented');
  let mounted = false;
  const close = async (): Promise<void> => {
    // A process that has just been killed may hold the mount a moment longer: the kernel finishes lazily.
    if (mounted) await execa('umount', ['--lazy', dir]);
    rmSync(root, { recursive: true, force: true });
  };
  try {
    mkdirSync(dir);
    writeFileSync(image, '');
    truncateSync(image, IMAGE_BYTES);
    await execa('mkfs.xfs', ['-q', image], { env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
    await execa('mount', ['-o', 'loop', image, dir]);
    mounted = true;
    await execa('chmod', ['1777', dir]);
    await execa('perl', [WORKLOADS.fragment, file, String(extents)]);
  } catch (error) {
    await close();
    throw error;
  }
  return { dir, file, extents, close };
};
