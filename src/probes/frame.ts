/**
 * The clauses around all fragments: they keep the time, follow processes, and print. What they print (all times are
 * `nsecs`, CLOCK_BOOTTIME):
 *
 *     begin NS PID PARENT          the script runs; its probes are not attached yet. PID is bpftrace's own and PARENT that
 *                                  of whoever started it, as this script counts them; 0 where the kernel cannot be asked
 *     tick NS, maps, tock          every interval: each metric's cumulative map, then @frame_exits and @frame_full. Not
 *                                  while bpftrace still prints the one before: the next holds everything it would have held
 *     meet PID NS START_NS PARENT COMM  a process counted for the first time; only where nobody else can name it
 *     name PID NS COMM             a counted process takes another name (by exec, most often): COMM is the one it had
 *     exit PID NS START_NS COMM    a counted process ended; START_NS is 0 where the kernel cannot be asked
 *     forget PID NS                the keys of a dead PID were deleted
 *     file MAP PID NS START_NS PARENT INODE COMM, NAME  a process uses a file that the host is to look into
 *                                  (reported-files.ts); NAME stands in a line of its own
 *     end NS                       bpftrace prints every map once more after it
 *
 * What happens when a thread or a process ends is in frame-ends.ts, and how it is forgotten in frame-forget.ts.
 *
 * A map that is full takes no new key, and bpftrace up to 0.22 says nothing. Where a script sets a key that its later
 * clauses look for, it reads it back at once: what did not stay is counted in @frame_full, by the number of the map.
 *
 * `exit`, `name` and `meet` lines are limited in number per interval, because a storm of them would push map prints out of the ring
 * buffer; @frame_exits counts every one, so that the reader knows how many it was not reported. Who is forgotten is always
 * reported: these lines come while nothing is printed.
 */
import { EXITS_MAP, processExitClause, threadExecClauses, threadExitClauses } from './frame-ends.ts';
import { beatsOf, forgetBegin, forgetClauses, forgettingMaps, readingLines } from './frame-forget.ts';
import { clause, type FrameRequest, FULL_MAP, linesPerInterval, parentOf, startNsOf } from './frame-text.ts';
import { FILE_LINES_PER_INTERVAL } from './reported-files.ts';
import type { KernelFilter } from './types.ts';

/** Counts the files that were to be reported. Printed at each tick; no metric. */
export const FILES_MAP = '@frame_files';

/** Lines of files of late. */
const FILES_BURST = '@frame_files_burst';

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
    processExitClause(request),
    ...forgetClauses(request),
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

const beginClause = (request: FrameRequest): string => {
  const { filter, seeds, reportsFiles } = request;
  return clause('BEGIN', [
    ...(filter.kind === 'tree' ? [`@frame_tree[(uint64)${filter.rootPid}] = 1;`] : []),
    ...seeds.map(({ map, key, value }) => `${map}[(uint64)${key}] = (uint64)${value};`),
    '@frame_burst = (uint64)0;',
    ...(reportsFiles ? [`${FILES_BURST} = (uint64)0;`] : []),
    ...forgetBegin(request),
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

const tickClause = (request: FrameRequest): string => {
  const { intervalMs, reportsFiles } = request;
  const beats = beatsOf(intervalMs);
  return clause(intervalPoint(intervalMs / beats), [
    ...readingLines(
      [
        'printf("tick %llu\\n", nsecs);',
        ...request.metricMaps.map((map) => `print(${map});`),
        `print(${EXITS_MAP});`,
        ...(request.checksMaps ? [`print(${FULL_MAP});`] : []),
        ...(reportsFiles ? [`print(${FILES_MAP});`] : []),
        'printf("tock\\n");',
      ],
      request,
    ),
    lessOf('@frame_burst', linesPerInterval(intervalMs) / beats),
    ...(reportsFiles ? [lessOf(FILES_BURST, FILE_LINES_PER_INTERVAL / beats)] : []),
  ]);
};

/** Lines that may come again. */
const lessOf = (burst: string, lines: number): string =>
  `if (${burst} > ${Math.ceil(lines)}) { ${burst} = ${burst} - ${Math.ceil(lines)}; } else { ${burst} = (uint64)0; }`;

const endClause = (request: FrameRequest): string =>
  clause('END', [
    'printf("end %llu\\n", nsecs);',
    ...[...request.scratchMaps, ...frameScratch(request)].map((map) => `clear(${map});`),
  ]);

const frameScratch = ({ filter, reportsFiles, ...request }: FrameRequest): string[] => [
  ...forgettingMaps(request),
  '@frame_burst',
  ...(filter.kind === 'tree' ? ['@frame_tree'] : []),
  ...(reportsFiles ? [FILES_BURST] : []),
];

const intervalPoint = (intervalMs: number): string =>
  intervalMs % 1000 === 0 ? `interval:s:${intervalMs / 1000}` : `interval:ms:${intervalMs}`;
