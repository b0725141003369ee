/**
 * In how many extents a file lies, and what follows from that. A count is of records in the file system's own list, as a
 * search for a hole walks them: two that lie beside each other on the disk are two.
 */

export type ExtentCount = {
  /** null where nobody can say, and `problem` says why. */
  readonly extents: number | null;
  /** The walk was ended before the end of the file: there are at least so many. */
  readonly isLeast: boolean;
  /** As mount calls it; null where it did not get that far, or the type has no name here. */
  readonly fileSystem: string | null;
  readonly problem: string | null;
  /** The program that walked it was killed, and the kernel still holds it. */
  readonly isStuck?: true;
};

/**
 * What a search for a hole takes on its way past one extent: measured on XFS, Linux 6.18, with the list in memory, at 70 ns (28,495
 * extents) to 83 ns (3,000,000). The machine of launchpad bug 1912224 took 175 to 526 ns (docs/extents.md).
 */
export const SEEK_NS_PER_EXTENT = 80;

/** ns that one SEEK_HOLE takes that finds no hole before the end of the file. */
export const seekHoleNs = (extents: number): number => extents * SEEK_NS_PER_EXTENT;

const BYTES_OF: Readonly<Record<string, (extents: number) => number>> = {
  // struct xfs_iext_leaf: 15 records of 16 bytes in 256 (4.15 and later); an inner node of 256 for 16 of them.
  xfs: (extents) => Math.ceil((Math.ceil(extents / 15) * 17) / 16) * 256,
  // struct extent_status of 40 bytes, where it was walked and not reclaimed since.
  ext4: (extents) => extents * 40,
};

/**
 * Bytes of kernel memory that the list takes while it is held, an estimate: leaves of XFS are taken to be full, and may be half empty.
 * null where it is not known what the file system keeps.
 */
export const listBytes = (extents: number, fileSystem: string | null): number | null =>
  BYTES_OF[fileSystem ?? '']?.(extents) ?? null;

/** A file that a process had open, with its extents as they were counted while it did. */
export type CountedFile = {
  readonly path: string;
  /** Absent where only its extents were reported. */
  readonly sizeBytes?: number | undefined;
  readonly extents: number;
  /** There are at least so many. */
  readonly isLeast?: boolean | undefined;
  /** What a report said of the same file, so long ago. */
  readonly earlier?: EarlierExtents | undefined;
};

export type EarlierExtents = { readonly extents: number; readonly agoMs: number };

/** As many steps as the finding seek-hole-storm asks for: below it a search is short. */
export const MANY_EXTENTS = 500;

/** A process that has a file open. */
export type Opener = { readonly pid: number; readonly comm: string };

/** The series that reports of `stallscope extents` make: a gauge for each file, whose description names it. */
export const EXTENTS_SERIES = 'extents.';
const DESCRIBED = 'Extents of ';

export const describeExtents = (path: string): string => `${DESCRIBED}${path}`;

/** The path, of the description of such a gauge; null where that was redacted. */
export const describedFile = (help: string): string | null =>
  help.startsWith(DESCRIBED) ? help.slice(DESCRIBED.length) : null;
