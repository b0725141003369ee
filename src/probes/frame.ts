/**
 * The clauses around all fragments: they keep the time, follow processes, and print. What they print (all times are
 * `nsecs`, CLOCK_BOOTTIME):
 *
 *     begin NS                     the script runs; its probes are not attached yet
 *     tick NS, maps, tock          every interval: each metric's cumulative map, then @frame_exits
 *     exit PID NS START_NS COMM    a counted process ended; START_NS is 0 where the kernel cannot be asked
 *     forget PID NS                the keys of a dead PID were deleted
 *     end NS                       bpftrace prints every map once more after it
 *
 * Forgetting, so that maps do not fill with the dead: `@seen[pid]` is 1 for a process that a probe counted and 2 once
 * it has ended. Each ended process takes a slot (PID modulo the number of slots); the one it pushes out is deleted
 * if it died long enough ago to have been printed since. One that died more recently keeps its keys: losing a key of
 * the map's capacity is shown as a full map, losing a count would not be. Guarantee: no key is deleted before at
 * least three ticks have fallen due since its process ended.
 *
 * Maps with dimensions have keys that cannot be found by PID alone, and are not forgotten: a PID that is used again
 * goes on where the last one stopped, which differences read right, and the map's capacity bounds them.
 *
 * `exit` lines are limited in number per interval, because a storm of them would push map prints out of the ring
 * buffer; @frame_exits counts every one, so that the reader knows how many it was not told. A process whose exit was
 * not told takes no slot and keeps its keys: forgetting is told, or it does not happen.
 */
import type { KernelFilter } from './types.ts';

/** Counts every process that ended after a probe had counted it. Printed at each tick; no metric. */
export const EXITS_MAP = '@frame_exits';

export type FrameRequest = {
  readonly filter: KernelFilter;
  readonly intervalMs: number;
  /** Capacity of every map. */
  readonly mapKeys: number;
  /** Printed at each tick. */
  readonly metricMaps: readonly string[];
  /** Metric maps whose only key is the PID: the ones that can be forgotten. */
  readonly pidMaps: readonly string[];
  readonly threadMaps: readonly string[];
  readonly scratchMaps: readonly string[];
  readonly startTime: 'btf' | 'none';
  /** Whether sched_process_exit says itself that the last thread is gone (from 6.15). */
  readonly groupDeadField: boolean;
};

export type Frame = {
  /** Goes before the fragments. */
  readonly head: string;
  /** Goes after them: bpftrace 0.23 must have seen what a map holds before it is deleted from. */
  readonly tail: string;
  readonly scratch: readonly string[];
  readonly attachPoints: number;
  /** Providers of its attach points before and after the fragments, without BEGIN and END. */
  readonly providers: { readonly before: readonly string[]; readonly after: readonly string[] };
};

/** The frame's clauses as text. */
export const frameOf = (request: FrameRequest): Frame => {
  const head = [beginClause(request), ...treeClauses(request)];
  const tail = [
    ...threadExitClauses(request),
    processExitClause(request),
    tickClause(request),
    endClause(request),
  ];
  return {
    head: head.join('\n'),
    tail: tail.join('\n'),
    scratch: frameScratch(request),
    attachPoints: head.length + tail.length,
    providers: { before: head.flatMap(providersIn), after: tail.flatMap(providersIn) },
  };
};

const providersIn = (text: string): readonly string[] =>
  /^(tracepoint|interval)(?=:)/.exec(text)?.slice(1) ?? [];

/** What TRACED stands for. The numbers must have been checked: they become script text here. */
export const predicateOf = (filter: KernelFilter): string => {
  switch (filter.kind) {
    case 'all':
      return '1';
    case 'pids':
      return `(${filter.pids.map((pid) => `pid == ${pid}`).join(' || ')})`;
    case 'tree':
      return '@frame_tree[pid]';
  }
};

const clause = (head: string, lines: readonly string[]): string =>
  [head, '{', ...lines.map((line) => `  ${line}`), '}'].join('\n');

const beginClause = ({ filter }: FrameRequest): string =>
  clause('BEGIN', [
    ...(filter.kind === 'tree' ? [`@frame_tree[(uint64)${filter.rootPid}] = 1;`] : []),
    '@frame_burst = (uint64)0;',
    'printf("begin %llu\\n", nsecs);',
  ]);

/** The event fires for threads too; their ids do no harm as keys and go when the thread goes. */
const treeClauses = ({ filter }: FrameRequest): string[] =>
  filter.kind === 'tree'
    ? [
        clause('tracepoint:sched:sched_process_fork\n/@frame_tree[pid]/', [
          '@frame_tree[(uint64)args->child_pid] = 1;',
        ]),
      ]
    : [];

const threadExitClauses = (request: FrameRequest): string[] => {
  const isTree = request.filter.kind === 'tree';
  const deletes = request.threadMaps.map((map) => `delete(${map}[tid]);`);
  // The PID is the id of the first thread, which may end long before the others.
  if (isTree) deletes.push(`if (tid != pid) { delete(@frame_tree[(uint64)tid]); }`);
  if (isTree) deletes.push(`if (${groupDead(request)}) { delete(@frame_tree[(uint64)pid]); }`);
  return deletes.length > 0 ? [clause('tracepoint:sched:sched_process_exit', deletes)] : [];
};

const processExitClause = (request: FrameRequest): string => {
  const slots = slotsFor(request.mapKeys);
  const forgotten = request.pidMaps.map((map) => `    delete(${map}[$old]);`);
  return clause(`tracepoint:sched:sched_process_exit\n/@seen[pid] == 1 && ${groupDead(request)}/`, [
    `$slot = (uint64)pid % ${slots};`,
    '$old = @frame_slot[$slot];',
    '$at = @frame_slot_at[$slot];',
    `${EXITS_MAP} = count();`,
    '@seen[pid] = 2;',
    `if (@frame_burst < ${linesPerInterval(request.intervalMs)}) {`,
    '  @frame_burst = @frame_burst + 1;',
    `  if ($old != 0 && $old != pid && @seen[$old] == 2 && nsecs - $at > ${forgetAfterNs(request.intervalMs)}) {`,
    ...forgotten,
    '    delete(@seen[$old]);',
    '    printf("forget %d %llu\\n", $old, nsecs);',
    '  }',
    '  @frame_slot[$slot] = pid;',
    '  @frame_slot_at[$slot] = nsecs;',
    `  printf("exit %d %llu %llu %s\\n", pid, nsecs, ${startOf(request)});`,
    '}',
  ]);
};

const tickClause = (request: FrameRequest): string =>
  clause(intervalPoint(request.intervalMs), [
    'printf("tick %llu\\n", nsecs);',
    ...request.metricMaps.map((map) => `print(${map});`),
    `print(${EXITS_MAP});`,
    'printf("tock\\n");',
    '@frame_burst = (uint64)0;',
  ]);

const endClause = (request: FrameRequest): string =>
  clause('END', [
    'printf("end %llu\\n", nsecs);',
    ...[...request.scratchMaps, ...frameScratch(request)].map((map) => `clear(${map});`),
  ]);

const frameScratch = ({ filter }: FrameRequest): string[] => [
  '@seen',
  '@frame_slot',
  '@frame_slot_at',
  '@frame_burst',
  ...(filter.kind === 'tree' ? ['@frame_tree'] : []),
];

const TASK = '((struct task_struct *)curtask)';

/**
 * True in the last thread of a process to end. Without the event's field and without BTF it is the end of the first
 * thread, which is the same for all but programs whose main thread ends early.
 */
const groupDead = ({ groupDeadField, startTime }: FrameRequest): string => {
  if (groupDeadField) return 'args->group_dead';
  return startTime === 'btf' ? `${TASK}->signal->live.counter == 0` : 'pid == tid';
};

/** Start time and name of the process; of the thread that ended last where only that is known. */
const startOf = ({ startTime }: FrameRequest): string =>
  startTime === 'btf'
    ? `${TASK}->group_leader->start_boottime, ${TASK}->group_leader->comm`
    : '(uint64)0, comm';

const intervalPoint = (intervalMs: number): string =>
  intervalMs % 1000 === 0 ? `interval:s:${intervalMs / 1000}` : `interval:ms:${intervalMs}`;

/** Room for the living: the dead may hold a quarter of a map. A power of two spreads consecutive PIDs evenly. */
const slotsFor = (mapKeys: number): number => 2 ** Math.max(0, Math.floor(Math.log2(mapKeys / 4)));

const forgetAfterNs = (intervalMs: number): number => Math.max(5_000, 3 * intervalMs) * 1_000_000;

/** 4,000 a second, and no more than one CPU's buffer of 256 KiB holds with room for the maps. */
const linesPerInterval = (intervalMs: number): number => Math.min(4_000, Math.max(1_000, 4 * intervalMs));
