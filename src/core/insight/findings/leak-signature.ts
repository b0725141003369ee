/** A leak is a trend, not a spike: what distinguishes two of them is which allocator grows with the process. */
import type { Advice, Finding } from './finding.ts';

export type LeakSignature = {
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  readonly grows: 'native' | 'python';
  readonly advice: readonly Advice[];
};

/** The metrics a leak is judged by. */
export const LEAK_METRICS = {
  resident: 'proc.rss_bytes',
  /** Of it what is no file: a mapped file that is read, or shared memory that fills up, is no leak. */
  anonymous: 'proc.anon_bytes',
  arenas: 'python.arenas',
  arenasFreed: 'python.arenas_freed',
  arenaBytes: 'python.arena_bytes',
  heapGrown: 'python.heap_grown',
  heapFreed: 'python.heap_freed',
} as const;
