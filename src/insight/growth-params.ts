/** Every constant of what grows slowly, over minutes to weeks: memory, kernel objects, extents. */

/** A file that lies in ever more extents, over reports that are hours to weeks apart. */
export const EXTENT_GROWTH = {
  /** A day's work is no trend. */
  leastMs: 3 * 86_400_000,
  leastExtents: 100,
  leastShare: 0.05,
  mostFiles: 8,
  confidence: 0.8,
} as const;

/** Kernel objects that cannot be dropped (slab-leak.ts). */
export const SLAB_LEAK = {
  leastBytes: 32 * 2 ** 20,
  leastShare: 0.1,
  confidence: 0.5,
} as const;

/** Slow growth of what processes hold (leaks.ts). */
export const LEAK = {
  /** Moments kept per process; the distance doubles when they are full. */
  points: 128,
  /** Left out at the beginning: starting takes memory. */
  startUpShare: 0.25,
  /** The cache of a service fills, too: what grew for less than a minute after that says nothing. */
  leastMs: 60_000,
  /** The time is cut into so many parts, and the trough of each must rise. */
  parts: 6,
  /** By at least this share of the mean rise: what has settled does not leak. */
  leastStep: 0.2,
  /** Where it was seen to for minutes, or to take much: its slowest rise, and its pace in the end as a share of the first. */
  steadyStep: 0.5,
  steadyPace: 0.7,
  steadyMs: 300_000,
  muchOfRoom: 0.1,
  /** Where it was seen to for a minute. */
  clockStep: 0.8,
  clockPace: 0.9,
  leastBytes: 8 * 1024 * 1024,
  leastShare: 0.05,
  /** Who holds half of the growth is meant; who holds less than a fourth is not. */
  mostlyShare: 0.5,
  hardlyShare: 0.25,
  confidence: 0.9,
  /** The rest of the heap may be anybody's. */
  confidenceByMappings: 0.85,
  /** Without anything that distinguishes allocators; of all that is resident, where what is files is not known. */
  confidenceUnknownAllocator: 0.5,
  confidenceResident: 0.3,
} as const;
