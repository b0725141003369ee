/**
 * A leak is a trend, not a spike: what distinguishes them is who asks for the memory that a process comes to hold. A
 * signature says no more than was measured of that; several share an id, which is the contract.
 */
import type { Advice } from './finding.ts';
import type { GrowthSignature } from './growth-signature.ts';

export type LeakSignature = GrowthSignature & {
  readonly id: 'native-leak' | 'python-leak';
  /** `PID`, `UNIT` and `BOUND` in it are filled in; what needs a unit is left out where there is none. */
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
  /** Of the heap, blocks with a mapping of their own: those of the interpreter's code, and those of other code. */
  ownMapped: 'python.own_mapped',
  ownUnmapped: 'python.own_unmapped',
  nativeMapped: 'python.native_mapped',
  nativeUnmapped: 'python.native_unmapped',
} as const;

export const SEE_MAPPING: Advice = {
  text: 'See which mapping grows: the heap, or mappings of their own',
  command: 'pmap -X PID | sort -k7 -n | tail',
};

/** Whole stacks of who asks the kernel for memory: above `malloc` stands the answer. */
export const SEE_CALLERS: Advice = {
  text: 'See who asks the kernel for it, while it grows: the frame after malloc. A hint, not proof: what makes a heap grow need not be what keeps it',
  command: 'timeout 10 strace -f -k -e trace=brk,mmap,mremap -p PID',
  risk: 'it is stopped at each of its system calls while strace is attached: some seconds, not minutes',
};

export const BOUND_IT: Advice = {
  text: 'Until it is found, replace workers before they are too large (max-requests), and bound them',
  command: 'systemctl set-property --runtime UNIT MemoryMax=BOUND',
  risk: 'the bound is for all processes of the unit together, and one that reaches it is killed: set it above what they need',
};
