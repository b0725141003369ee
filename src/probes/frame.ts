/**
 * The clauses around all fragments: they keep the time, follow processes, and print. What they print (all times are
 * `nsecs`, CLOCK_BOOTTIME):
 *
 *     begin NS PID PARENT          the script runs; its probes are not attached yet. PID is bpftrace's own and PARENT that
 *                                  of whoever started it, as this script counts them; 0 where the kernel cannot be asked
 *     tick NS, maps, tock          every interval: each metric's cumulative map, then @frame_exits and @frame_full
 *     meet PID NS START_NS PARENT COMM  a process counted for the first time; only where nobody else can name it
 *     name PID NS COMM             a counted process takes another name (by exec, most often): COMM is the one it had
 *     exit PID NS START_NS COMM    a counted process ended; START_NS is 0 where the kernel cannot be asked
 *     forget PID NS                the keys of a dead PID were deleted
 *     file MAP PID NS START_NS PARENT INODE COMM, NAME  a process uses a file that the host is to look into
 *                                  (reported-files.ts); NAME stands in a line of its own
 *     end NS                       bpftrace prints every map once more after it
 *
 * Forgetting, so that maps do not fill with the dead: `@seen[pid]` is 1 for a process that a probe counted and 2 once
 * it has ended. Each ended process takes a slot (PID modulo the number of slots); the one it pushes out is deleted
 * if it died long enough ago to have been printed since. One that died more recently keeps its keys: losing a key of
 * the map's capacity is shown as a full map, losing a count would not be. Guarantee: no key is deleted before at
 * least three ticks have fallen due since its process ended.
 *
 * Maps with dimensions have keys that cannot be found by PID alone, and are not forgotten (an entry of a thread goes when
 * the thread does): a PID that is used again
 * goes on where the last one stopped, which differences read right, and the map's capacity bounds them.
 *
 * A map that is full takes no new key, and bpftrace up to 0.22 says nothing. Where a script sets a key that its later
 * clauses look for, it reads it back at once: what did not stay is counted in @frame_full, by the number of the map.
 *
 * `exit`, `name` and `meet` lines are limited in number per interval, because a storm of them would push map prints out of the ring
 * buffer; @frame_exits counts every one, so that the reader knows how many it was not reported. A process whose exit was
 * not reported takes no slot and keeps its keys: forgetting is reported, or it does not happen.
 */
import type { Seed } from '../host/targets.ts';
import type { KernelFilter } from './types.ts';

/** Counts every process that ended after a probe had counted it. Printed at each tick; no metric. */
export const EXITS_MAP = '@frame_exits';

/** Counts the files that were to be reported. Printed at each tick; no metric. */
export const FILES_MAP = '@frame_files';

/** Counts keys that did not fit: the number of a checked map to how often. Printed at each tick; no metric. */
export const FULL_MAP = '@frame_full';

export type FrameRequest = {
  readonly filter: KernelFilter;
  readonly intervalMs: number;
  /** Capacity of every map. */
  readonly mapKeys: number;
  /** Printed at each tick. */
  readonly metricMaps: readonly string[];
  /** Metric maps whose only key is the PID: the ones that can be forgotten. */
  readonly pidMaps: readonly string[];
  /** Scratch maps whose only key is the id of a thread. */
  readonly threadMaps: readonly string[];
  /** Metric maps whose key is a PID and the id of a thread. */
  readonly pidThreadMaps: readonly string[];
  readonly scratchMaps: readonly string[];
  /** Checked numbers: they become script text here. */
  readonly seeds: readonly Seed[];
  /** Whether any script reports files. */
  readonly reportsFiles: boolean;
  readonly startTime: 'btf' | 'none';
  /** Number of the map of selected processes in @frame_full. */
  readonly treeMap: number;
  /** Whether any map is checked. */
  readonly checksMaps: boolean;
  /** Whether the kernel says which thread of a process became another program. */
  readonly execs: boolean;
  /** Whether the kernel has an event for a change of name. */
  readonly renames: boolean;
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
    ...renameClauses(request),
    ...threadExitClauses(request),
    ...threadExecClauses(request),
    ...processExitClauses(request),
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

const beginClause = (request: FrameRequest): string => {
  const { filter, seeds, reportsFiles } = request;
  return clause('BEGIN', [
    ...(filter.kind === 'tree' ? [`@frame_tree[(uint64)${filter.rootPid}] = 1;`] : []),
    ...seeds.map(({ map, key, value }) => `${map}[(uint64)${key}] = (uint64)${value};`),
    '@frame_burst = (uint64)0;',
    ...(reportsFiles ? [`${FILES_BURST} = (uint64)0;`] : []),
    `printf("begin %llu %d %d\\n", nsecs, pid, ${parentOf(request)});`,
  ]);
};

/** The event fires for threads too; their ids do no harm as keys and go when the thread goes. */
const treeClauses = ({ filter, treeMap }: FrameRequest): string[] =>
  filter.kind === 'tree'
    ? [
        clause('tracepoint:sched:sched_process_fork\n/@frame_tree[pid]/', [
          '@frame_tree[(uint64)args->child_pid] = 1;',
          `if (@frame_tree[(uint64)args->child_pid] == 0) { ${FULL_MAP}[${treeMap}] = count(); }`,
        ]),
      ]
    : [];

/** The event comes before the change, in the process itself: its name is still the one under which it counted. */
const renameClauses = ({ renames, intervalMs }: FrameRequest): string[] =>
  renames
    ? [
        clause('tracepoint:task:task_rename\n/@seen[pid] == 1 && pid == tid/', [
          `if (@frame_burst < ${linesPerInterval(intervalMs)}) {`,
          '  @frame_burst = @frame_burst + 1;',
          '  printf("name %d %llu %s\\n", pid, nsecs, comm);',
          '}',
        ]),
      ]
    : [];

export const SEEN = '@seen[pid] = 1;';

/** Stands for `SEEN`: says who the process is too, once in its life. */
export const meetText = (request: Pick<FrameRequest, 'startTime' | 'intervalMs'>): string =>
  [
    `if (@seen[pid] != 1) { ${SEEN}`,
    `if (@seen[pid] == 1 && @frame_burst < ${linesPerInterval(request.intervalMs)}) {`,
    '@frame_burst = @frame_burst + 1;',
    `printf("meet %d %llu %llu %d %s\\n", pid, nsecs, ${startNsOf(request)}, ${parentOf(request)}, comm);`,
    '} }',
  ].join(' ');

const EXIT_POINT = 'tracepoint:sched:sched_process_exit';
/** By CPU: the PID whose keys are being deleted. */
const FORGOTTEN = '@frame_forgotten';
/** That one program deletes from. The kernel lets it use 64 maps, and the frame's own and bpftrace's are among them. */
const MOST_MAPS = 52;

const chunksOf = (lines: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(lines.length / MOST_MAPS) }, (_, chunk) =>
    lines.slice(chunk * MOST_MAPS, (chunk + 1) * MOST_MAPS),
  );

const threadExitClauses = (request: FrameRequest): string[] => {
  const isTree = request.filter.kind === 'tree';
  const deletes = [
    ...request.threadMaps.map((map) => `delete(${map}[tid]);`),
    ...request.pidThreadMaps.map((map) => `delete(${map}[pid, tid]);`),
  ];
  // The PID is the id of the first thread, which may end long before the others.
  if (isTree) deletes.push(`if (tid != pid) { delete(@frame_tree[(uint64)tid]); }`);
  if (isTree) deletes.push(`if (${groupDead(request)}) { delete(@frame_tree[(uint64)pid]); }`);
  return chunksOf(deletes).map((some) => clause(EXIT_POINT, some));
};

/** A thread other than the first that becomes another program takes the first one's id: none ever exits under its own. */
const threadExecClauses = ({ execs, pidThreadMaps }: FrameRequest): string[] =>
  execs
    ? chunksOf(pidThreadMaps.map((map) => `delete(${map}[pid, (uint64)args->old_pid]);`)).map((some) =>
        clause('tracepoint:sched:sched_process_exec\n/args->old_pid != args->pid/', some),
      )
    : [];

/**
 * What a process counted is deleted some time after its end, in the turn of another that ends: too much for one program
 * where many probes count. The programs of one event run one after the other on one CPU, in the order of the script: the
 * first leaves the PID for the others, and the last says that it is forgotten.
 */
const processExitClauses = (request: FrameRequest): string[] => {
  const [here = [], ...others] = chunksOf(request.pidMaps.map((map) => `delete(${map}[$old]);`));
  const forgotten = ['delete(@seen[$old]);', 'printf("forget %d %llu\\n", $old, nsecs);'];
  if (others.length === 0) return [endedClause(request, [...here, ...forgotten])];
  return [
    endedClause(request, [...here, `${FORGOTTEN}[cpu] = $old;`]),
    ...others.map((deletes, index) =>
      clause(EXIT_POINT, [
        `$old = ${FORGOTTEN}[cpu];`,
        'if ($old != 0) {',
        ...deletes.map((line) => `  ${line}`),
        ...(index < others.length - 1
          ? []
          : [...forgotten, `${FORGOTTEN}[cpu] = (uint64)0;`].map((line) => `  ${line}`)),
        '}',
      ]),
    ),
  ];
};

/** @param forget what is to be done with $old, whose keys may go */
const endedClause = (request: FrameRequest, forget: readonly string[]): string => {
  const slots = slotsFor(request.mapKeys);
  return clause(`${EXIT_POINT}\n/@seen[pid] == 1 && ${groupDead(request)}/`, [
    `$slot = (uint64)pid % ${slots};`,
    '$old = @frame_slot[$slot];',
    '$at = @frame_slot_at[$slot];',
    `${EXITS_MAP} = count();`,
    '@seen[pid] = 2;',
    `if (@frame_burst < ${linesPerInterval(request.intervalMs)}) {`,
    '  @frame_burst = @frame_burst + 1;',
    `  if ($old != 0 && $old != pid && @seen[$old] == 2 && nsecs - $at > ${forgetAfterNs(request.intervalMs)}) {`,
    ...forget.map((line) => `    ${line}`),
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
    ...(request.checksMaps ? [`print(${FULL_MAP});`] : []),
    ...(request.reportsFiles ? [`print(${FILES_MAP});`] : []),
    'printf("tock\\n");',
    '@frame_burst = (uint64)0;',
    ...(request.reportsFiles ? [`${FILES_BURST} = (uint64)0;`] : []),
  ]);

const endClause = (request: FrameRequest): string =>
  clause('END', [
    'printf("end %llu\\n", nsecs);',
    ...[...request.scratchMaps, ...frameScratch(request)].map((map) => `clear(${map});`),
  ]);

const frameScratch = ({ filter, reportsFiles, pidMaps }: FrameRequest): string[] => [
  '@seen',
  '@frame_slot',
  '@frame_slot_at',
  '@frame_burst',
  ...(filter.kind === 'tree' ? ['@frame_tree'] : []),
  ...(reportsFiles ? [FILES_BURST] : []),
  ...(pidMaps.length > MOST_MAPS ? [FORGOTTEN] : []),
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
const startOf = (request: FrameRequest): string =>
  request.startTime === 'btf'
    ? `${startNsOf(request)}, ${TASK}->group_leader->comm`
    : `${startNsOf(request)}, comm`;

/** Lines of files in this interval. */
const FILES_BURST = '@frame_files_burst';

type Asks = Pick<FrameRequest, 'startTime'>;

export const startNsOf = ({ startTime }: Asks): string =>
  startTime === 'btf' ? `${TASK}->group_leader->start_boottime` : '(uint64)0';

export const parentOf = ({ startTime }: Asks): string =>
  startTime === 'btf' ? `${TASK}->real_parent->tgid` : '(uint64)0';

const intervalPoint = (intervalMs: number): string =>
  intervalMs % 1000 === 0 ? `interval:s:${intervalMs / 1000}` : `interval:ms:${intervalMs}`;

/** Room for the living: the dead may hold a quarter of a map. A power of two spreads consecutive PIDs evenly. */
const slotsFor = (mapKeys: number): number => 2 ** Math.max(0, Math.floor(Math.log2(mapKeys / 4)));

const forgetAfterNs = (intervalMs: number): number => Math.max(5_000, 3 * intervalMs) * 1_000_000;

/** 4,000 a second, and no more than one CPU's buffer of 256 KiB holds with room for the maps. */
const linesPerInterval = (intervalMs: number): number => Math.min(4_000, Math.max(1_000, 4 * intervalMs));
