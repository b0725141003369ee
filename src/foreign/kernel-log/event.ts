/** What a kernel log reports, once its lines are put together. */
export type KernelEvent = {
  readonly kind: EventKind;
  /** Whose, where the log says. */
  pid: number | null;
  comm: string | null;
  /** What else was counted with it: metric to amount. */
  readonly counts: Record<string, number>;
  /** How often a control group was at its limit, since it was made. */
  limitHits?: { readonly group: string; readonly total: number };
  /** Levels that were read at that moment: free blocks of memory. */
  readonly levels: Record<string, number>;
  /** In words, for its mark. */
  text: string;
};

export type EventKind = keyof typeof KINDS;

/** `process`: of a process where the log names it; `host`: of the machine. */
export const KINDS = {
  page_alloc_failures: 'process',
  xfs_alloc_deadlocks: 'process',
  hung_tasks: 'process',
  oom_kills: 'process',
  soft_lockups: 'process',
  cpu_stalls: 'host',
  io_errors: 'host',
  io_timeouts: 'host',
  fs_errors: 'host',
  boots: 'host',
} as const;

export const eventOf = (kind: EventKind, text: string): KernelEvent => ({
  kind,
  pid: null,
  comm: null,
  counts: {},
  levels: {},
  text,
});
