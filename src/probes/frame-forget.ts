/**
 * Forgetting, so that maps do not fill with the dead: what a process or a thread counted by is deleted some time after its
 * end. Guarantees:
 *
 * - No key is deleted before two readings were printed that began after its end.
 * - No key of a map that is printed goes while bpftrace prints: 0.17 ends with SIGABRT when it meets that ("failed to look
 *   up elem"), and from any version a reading may then hold a key twice.
 *
 * The kernel cannot see when user space has printed, but bpftrace says so itself: `@frame_printing` is set before the prints of
 * a reading, and after them comes a clear() of it, which bpftrace carries out in their order. While it stands, nothing is
 * deleted, and no other reading begins; one whose clear() was lost is given up after a while. So that a program that has
 * begun to delete is through long before the next reading, none begins shortly before that falls due. A reading that falls
 * due while the last is printed, or another program runs on its CPU, begins at the next beat, of several in an interval.
 *
 * On a machine that is held up printing can take longer than an interval. Were the next reading to begin at once, nothing would ever
 * be deleted, and there would be more to print each time. So after a reading that was printed late most of a beat is left for
 * deleting, before the next one (`@frame_due`).
 *
 * What ends and may be deleted at once is. Who must wait does so in a line of its CPU: places are counted up (`@frame_next`), and those from `@frame_oldest` on are taken
 * in batches. Programs at a tracepoint are not interrupted by each other on one CPU, so nobody else moves its line. A number
 * that is counted by again keeps its keys: they go after the end of whoever has it then.
 *
 * A batch is too much for one program where many probes count. The programs of one event run one after the other, in the
 * order of the script: the first takes a batch and decides whose keys go, and the last says so and leaves the batch behind.
 */

import { clause, type FrameRequest } from './frame-text.ts';
import { bucketDeletes } from './histograms.ts';

/** 1 while bpftrace has a reading to print. */
const PRINTING = '@frame_printing';
/** When the last reading began, in `nsecs`. */
const BEGAN = '@frame_began';
/** Of a reading that was printed: when the next may begin, in `nsecs`; 0 until a beat has met it so. */
const DUE = '@frame_due';
/** How many readings have begun. */
const READINGS = '@frame_readings';
/** By CPU: the next place in its line, and the oldest that is taken. */
const NEXT = '@frame_next';
const OLDEST = '@frame_oldest';
/** By CPU: 1 between the first and the last program of a batch. */
const TAKEN = '@frame_taken';
/** By CPU and place: who ended, and the reading after which its keys may go; 0 when those of the process stay. */
const OVER = '@frame_over';
const OVER_THREAD = '@frame_over_thread';
const OVER_AFTER = '@frame_over_after';

const EXIT_POINT = 'tracepoint:sched:sched_process_exit';

/** Readings between an end and the deletion: on its way out a process may count for a while. */
const READINGS_KEPT = 2;
/** What `@seen` says of one that ended and has no place in line: not 1, and the number of no reading that is waited for. */
export const UNQUEUED = 2;

/** That one program deletes from. The kernel lets it use 64 maps, and the frame's own and bpftrace's are among them. */
const MOST_MAPS = 52;
/** Of histograms: a deletion for each bucket of each. Kernels before 5.2 take no more than 4,096 instructions. */
const MOST_HISTOGRAMS = 6;

/** A reading that takes longer than this was lost, or what says that it is printed. */
const LOST_MS = 10_000;

export const chunksOf = (lines: readonly string[], most = MOST_MAPS): string[][] =>
  Array.from({ length: Math.ceil(lines.length / most) }, (_, chunk) =>
    lines.slice(chunk * most, (chunk + 1) * most),
  );

/** Whether keys may go now. */
const calm = (intervalMs: number): string => {
  const inTime = `nsecs - ${BEGAN} < ${nsOf(intervalMs - sparedMs(intervalMs))}`;
  const late = `nsecs + ${nsOf(earlyMs(intervalMs) + sparedMs(intervalMs))} < ${DUE}`;
  return `${PRINTING} == 0 && (${inTime}${beatsOf(intervalMs) > 1 ? ` || ${late}` : ''})`;
};

/** Before a reading: no program that deletes takes so long. */
const sparedMs = (intervalMs: number): number => Math.max(10, Math.floor(intervalMs / 32));

const nsOf = (ms: number): number => ms * 1_000_000;

/** The same body, in which `delete(MAP[…]);` waits its turn: until then 0 is what is left of the entry. */
export const withLateDeletes = (body: string, map: string, intervalMs: number): string =>
  body.replace(
    new RegExp(`delete\\((${map}\\[(?:[^[\\]]|\\[[^\\]]*\\])*\\])\\);`, 'g'),
    (_statement, entry: string) => `${entry} = (uint64)0; if (${calm(intervalMs)}) { delete(${entry}); }`,
  );

/**
 * A thread that ends: it waits no more, whatever was missed of it, and its entries go now, if they may.
 *
 * @param thread its id
 */
export const threadOver = (request: FrameRequest, thread: string): string[] =>
  request.pidThreadMaps.flatMap((map) => [
    `if (${map}[pid, ${thread}]) { ${map}[pid, ${thread}] = (uint64)0; }`,
    `if (${calm(request.intervalMs)}) { ${deleteIf(map, ['pid', thread], request)} }`,
  ]);

/** What the beginning sets. */
export const forgetBegin = (request: FrameRequest): string[] => [
  `${PRINTING} = (uint64)0;`,
  `${BEGAN} = nsecs;`,
  `${DUE} = (uint64)0;`,
  // What an entry waits for is more than any other word in `@seen`.
  `${READINGS} = (uint64)${UNQUEUED};`,
  // bpftrace 0.23 takes a key that it has not seen the type of for none.
  `${NEXT}[cpu] = (uint64)0;`,
  `${OLDEST}[cpu] = (uint64)0;`,
  `${TAKEN}[cpu] = (uint64)0;`,
  ...[OVER, ...(hasThreads(request) ? [OVER_THREAD] : []), OVER_AFTER].map(
    (map) => `${map}[cpu, (uint64)0] = (uint64)0;`,
  ),
];

/** How often in an interval it is looked whether a reading may begin. */
export const beatsOf = (intervalMs: number): number =>
  [4, 5, 3, 2].find((beats) => intervalMs % beats === 0) ?? 1;

/** A beat: the lines of a reading, where one is due. */
export const readingLines = (prints: readonly string[], { intervalMs }: FrameRequest): string[] => [
  `$since = nsecs - ${BEGAN};`,
  ...(beatsOf(intervalMs) > 1 ? restLines(intervalMs) : []),
  `if ((${PRINTING} == 0 && ${isDue(intervalMs)}) || $since > ${nsOf(Math.max(LOST_MS, 10 * intervalMs))}) {`,
  `  ${READINGS} = ${READINGS} + 1;`,
  `  ${BEGAN} = nsecs;`,
  `  ${DUE} = (uint64)0;`,
  `  ${PRINTING} = (uint64)1;`,
  ...prints.map((line) => `  ${line}`),
  `  clear(${PRINTING});`,
  '}',
];

/** The first beat after a reading was printed says when the next one is due. */
const restLines = (intervalMs: number): string[] => [
  `if (${PRINTING} == 0 && ${DUE} == 0) {`,
  `  ${DUE} = ${BEGAN} + ${nsOf(intervalMs)};`,
  `  if (${DUE} < nsecs + ${nsOf(beatMs(intervalMs))}) { ${DUE} = nsecs + ${nsOf(beatMs(intervalMs) + Math.floor(earlyMs(intervalMs) / 2))}; }`,
  '}',
];

const isDue = (intervalMs: number): string =>
  beatsOf(intervalMs) > 1
    ? `nsecs + ${nsOf(earlyMs(intervalMs))} > ${DUE}`
    : `$since > ${nsOf(intervalMs - earlyMs(intervalMs))}`;

const beatMs = (intervalMs: number): number => Math.floor(intervalMs / beatsOf(intervalMs));

/** One that began late is followed by one in time. */
const earlyMs = (intervalMs: number): number => Math.floor(beatMs(intervalMs) / 2);

/**
 * Puts who ends here in the line of its CPU. What did not stay, because the maps are full, takes no place.
 *
 * @param thread its id
 * @param queued what is done when it has its place, with the reading after which its keys may go in $after
 */
export const queueLines = (
  request: FrameRequest,
  thread: string,
  queued: readonly string[] = [],
): string[] => [
  `$place = ${NEXT}[cpu];`,
  `$after = ${READINGS} + ${READINGS_KEPT};`,
  `${OVER}[cpu, $place] = (uint64)pid;`,
  ...(hasThreads(request) ? [`${OVER_THREAD}[cpu, $place] = ${thread};`] : []),
  `${OVER_AFTER}[cpu, $place] = $after;`,
  `if (${kept(request, thread)}) {`,
  `  ${NEXT}[cpu] = $place + 1;`,
  ...queued.map((line) => `  ${line}`),
  '}',
];

const kept = (request: FrameRequest, thread: string): string =>
  [
    `${OVER}[cpu, $place] == (uint64)pid`,
    ...(hasThreads(request) ? [`${OVER_THREAD}[cpu, $place] == ${thread}`] : []),
    `${OVER_AFTER}[cpu, $place] == $after`,
  ].join(' && ');

export const hasThreads = ({ pidThreadMaps }: Pick<FrameRequest, 'pidThreadMaps'>): boolean =>
  pidThreadMaps.length > 0;

/** The programs that take a batch and delete by it. */
export const forgetClauses = (request: FrameRequest): string[] => {
  const [threads = [], ...moreThreads] = chunksOf(
    request.pidThreadMaps.map((map) => deleteIdle(map, request)),
  );
  const gone = [
    ...chunksOf(request.pidMaps.map((map) => deleteIf(map, ['$old'], request))),
    ...chunksOf(request.histogramMaps, MOST_HISTOGRAMS).map((maps) => bucketDeletes(maps, request)),
  ];
  return [
    takeClause(request, threads),
    ...moreThreads.map((lines) => batchClause([THREAD, ...lines], request)),
    ...gone.slice(0, -1).map((lines) => batchClause(ofTheGone(lines), request)),
    leaveClause(request, gone.at(-1) ?? []),
  ];
};

const THREAD = `$thread = ${OVER_THREAD}[cpu, $place];`;

/** Whose number is counted by again, or whose process goes on, keeps its keys. */
const takeClause = (request: FrameRequest, threads: readonly string[]): string => {
  const last = `${OVER_AFTER}[cpu, ${OLDEST}[cpu] + ${batchOf(request) - 1}]`;
  return clause(`${EXIT_POINT}\n/${last} != 0 && ${last} <= ${READINGS} && ${calm(request.intervalMs)}/`, [
    ...overBatch(request, [
      ...(threads.length > 0 ? [THREAD, ...threads] : []),
      `if (@seen[$old] == ${OVER_AFTER}[cpu, $place]) { delete(@seen[$old]); } else { ${OVER_AFTER}[cpu, $place] = (uint64)0; }`,
    ]),
    `${TAKEN}[cpu] = (uint64)1;`,
  ]);
};

const batchClause = (
  lines: readonly string[],
  request: FrameRequest,
  after: readonly string[] = [],
): string => clause(`${EXIT_POINT}\n/${TAKEN}[cpu]/`, [...overBatch(request, lines), ...after]);

const leaveClause = (request: FrameRequest, deletes: readonly string[]): string =>
  batchClause(
    [
      ...ofTheGone([...deletes, 'printf("forget %d %llu\\n", $old, nsecs);']),
      `delete(${OVER}[cpu, $place]);`,
      ...(hasThreads(request) ? [`delete(${OVER_THREAD}[cpu, $place]);`] : []),
      `delete(${OVER_AFTER}[cpu, $place]);`,
    ],
    request,
    [`${OLDEST}[cpu] = ${OLDEST}[cpu] + ${batchOf(request)};`, `${TAKEN}[cpu] = (uint64)0;`],
  );

const ofTheGone = (lines: readonly string[]): string[] => [
  `if (${OVER_AFTER}[cpu, $place] != 0) {`,
  ...lines.map((line) => `  ${line}`),
  '}',
];

/** For each of the batch, with its PID in $old. */
const overBatch = (request: FrameRequest, lines: readonly string[]): string[] => {
  const times = batchOf(request);
  return [
    '$nth = (uint64)0;',
    request.loops ? `while ($nth < ${times}) {` : `unroll(${times}) {`,
    `  $place = ${OLDEST}[cpu] + $nth;`,
    `  $old = ${OVER}[cpu, $place];`,
    ...lines.map((line) => `  ${line}`),
    '  $nth = $nth + 1;',
    '}',
  ];
};

/**
 * The dead that make no whole batch yet take room: in small maps it is spared. Without loops a program is as long as its
 * batch.
 */
const batchOf = ({ loops, mapKeys }: FrameRequest): number =>
  Math.min(loops ? 16 : 2, 2 ** Math.max(0, Math.floor(Math.log2(mapKeys / 64))));

/** bpftrace 0.22 and 0.23 report every deletion of a key that is not there, most of them: they are asked first. */
const deleteIf = (map: string, key: readonly string[], { hasKey }: FrameRequest): string => {
  const statement = `delete(${map}[${key.join(', ')}]);`;
  if (!hasKey) return statement;
  return `if (has_key(${map}, ${key.length > 1 ? `(${key.join(', ')})` : key.join('')})) { ${statement} }`;
};

/** One that waits has the numbers of the dead, and is another. */
const deleteIdle = (map: string, request: FrameRequest): string =>
  `if (${map}[$old, $thread] == 0) { ${deleteIf(map, ['$old', '$thread'], request)} }`;

/** The maps that forgetting needs. */
export const forgettingMaps = (request: Pick<FrameRequest, 'pidThreadMaps'>): string[] => [
  '@seen',
  PRINTING,
  BEGAN,
  DUE,
  READINGS,
  NEXT,
  OLDEST,
  TAKEN,
  OVER,
  ...(hasThreads(request) ? [OVER_THREAD] : []),
  OVER_AFTER,
];
