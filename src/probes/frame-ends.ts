/**
 * The clauses of the frame for the end of a thread and of a process.
 *
 * Forgetting, so that maps do not fill with the dead: `@seen[pid]` is 1 for a process that a probe counted and 2 once
 * it has ended. Each ended process takes a slot (PID modulo the number of slots); the one it pushes out is deleted
 * if it died long enough ago to have been printed since. One that died more recently keeps its keys: losing a key of
 * the map's capacity is shown as a full map, losing a count would not be. Guarantee: no key is deleted before at
 * least three ticks have fallen due since its process ended.
 *
 * Maps with dimensions have keys that cannot be found by PID alone, and are not forgotten (an entry of a thread goes when
 * the thread does, and the buckets of a histogram are few and known): a PID that is used again goes on where the last one
 * stopped, which differences read right, and the map's capacity bounds them. What is counted by device alone has no PID in
 * its keys, and stays.
 */

import { clause, type FrameRequest, groupDead, linesPerInterval, startOf } from './frame-text.ts';
import { bucketDeletes } from './histograms.ts';

/** Counts every process that ended after a probe had counted it. Printed at each tick; no metric. */
export const EXITS_MAP = '@frame_exits';

const EXIT_POINT = 'tracepoint:sched:sched_process_exit';
/** By CPU: the PID whose keys are being deleted. */
const FORGOTTEN = '@frame_forgotten';
/** That one program deletes from. The kernel lets it use 64 maps, and the frame's own and bpftrace's are among them. */
const MOST_MAPS = 52;

/** Of histograms: a deletion for each bucket of each. Kernels before 5.2 take no more than 4,096 instructions. */
const MOST_HISTOGRAMS = 6;

const chunksOf = (lines: readonly string[], most = MOST_MAPS): string[][] =>
  Array.from({ length: Math.ceil(lines.length / most) }, (_, chunk) =>
    lines.slice(chunk * most, (chunk + 1) * most),
  );

export const threadExitClauses = (request: FrameRequest): string[] => {
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
export const threadExecClauses = ({ execs, pidThreadMaps }: FrameRequest): string[] =>
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
export const processExitClauses = (request: FrameRequest): string[] => {
  const [here = [], ...others] = [
    ...chunksOf(request.pidMaps.map((map) => `delete(${map}[$old]);`)),
    ...chunksOf(request.histogramMaps, MOST_HISTOGRAMS).map((maps) => bucketDeletes(maps, request)),
  ];
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

/** The maps that forgetting needs. */
export const forgettingMaps = ({
  pidMaps,
  histogramMaps,
}: Pick<FrameRequest, 'pidMaps' | 'histogramMaps'>): string[] => [
  '@seen',
  '@frame_slot',
  '@frame_slot_at',
  ...(pidMaps.length > MOST_MAPS || histogramMaps.length > 0 ? [FORGOTTEN] : []),
];

/** Room for the living: the dead may hold a quarter of a map. A power of two spreads consecutive PIDs evenly. */
const slotsFor = (mapKeys: number): number => 2 ** Math.max(0, Math.floor(Math.log2(mapKeys / 4)));

const forgetAfterNs = (intervalMs: number): number => Math.max(5_000, 3 * intervalMs) * 1_000_000;
