/**
 * The clauses of the frame for the end of a thread and of a process. `@seen[pid]` is 1 for a process that a probe counted and
 * more once it has ended; it then waits in line until what it counted by is deleted (frame-forget.ts), and so does a thread,
 * which may wait on its way out. What no print shows goes at once.
 *
 * Maps with dimensions have keys that cannot be found by PID alone, and are not forgotten (an entry of a thread goes some time
 * after the thread does, and the buckets of a histogram are few and known): a PID that is used again goes on where the last
 * one stopped, which differences read right, and the map's capacity bounds them. What is counted by device alone has no PID in
 * its keys, and stays.
 */

import { chunksOf, hasThreads, queueLines, threadOver, UNQUEUED } from './frame-forget.ts';
import { clause, type FrameRequest, groupDead, linesPerInterval, startOf } from './frame-text.ts';

/** Counts every process that ended after a probe had counted it. Printed at each tick; no metric. */
export const EXITS_MAP = '@frame_exits';

const EXIT_POINT = 'tracepoint:sched:sched_process_exit';

export const threadExitClauses = (request: FrameRequest): string[] => {
  const isTree = request.filter.kind === 'tree';
  const lines = [...request.threadMaps.map((map) => `delete(${map}[tid]);`), ...threadOver(request, 'tid')];
  // The PID is the id of the first thread, which may end long before the others.
  if (isTree) lines.push(`if (tid != pid) { delete(@frame_tree[(uint64)tid]); }`);
  if (isTree) lines.push(`if (${groupDead(request)}) { delete(@frame_tree[(uint64)pid]); }`);
  return [
    ...chunksOf(lines).map((some) => clause(EXIT_POINT, some)),
    ...(hasThreads(request)
      ? [
          clause(
            `${EXIT_POINT}\n/@seen[pid] && !(${groupDead(request)})/`,
            queueLines(request, '(uint64)tid'),
          ),
        ]
      : []),
  ];
};

/** A thread other than the first that becomes another program takes the first one's id: none ever exits under its own. */
export const threadExecClauses = (request: FrameRequest): string[] =>
  request.execs && hasThreads(request)
    ? [
        clause('tracepoint:sched:sched_process_exec\n/args->old_pid != args->pid && @seen[pid]/', [
          ...threadOver(request, '(uint64)args->old_pid'),
          ...queueLines(request, '(uint64)args->old_pid'),
        ]),
      ]
    : [];

/**
 * Its exit is counted, and reported unless too many were. What finds no place in line, because the maps are full, keeps its
 * keys.
 */
export const processExitClause = (request: FrameRequest): string =>
  clause(`${EXIT_POINT}\n/@seen[pid] == 1 && ${groupDead(request)}/`, [
    `${EXITS_MAP} = count();`,
    `@seen[pid] = ${UNQUEUED};`,
    ...queueLines(request, '(uint64)tid', ['@seen[pid] = $after;']),
    `if (@frame_burst < ${linesPerInterval(request.intervalMs)}) {`,
    '  @frame_burst = @frame_burst + 1;',
    `  printf("exit %d %llu %llu %s\\n", pid, nsecs, ${startOf(request)});`,
    '}',
  ]);
