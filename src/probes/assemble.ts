/**
 * Many probes, one bpftrace program: the frame around each probe's clauses, in the common subset of bpftrace 0.14 to
 * 0.27. Attach points that this host lacks are left out where the manifest allows it, and with them the metrics that
 * nothing counts any more. The same request gives the same text.
 *
 * What a user chose reaches the text only as checked integers (PIDs, the interval); everything else is from the
 * manifests and scripts, and from this kernel's event formats, as integers too.
 */

import { isHistogram } from '../core/histogram.ts';
import { argsOnce } from './args-once.ts';
import { clausesOf, sharedPoints, withoutShared } from './attachments.ts';
import { checkNumbers } from './check-numbers.ts';
import { checkedMaps, numberMaps } from './checked-maps.ts';
import { firstCounts } from './first-counts.ts';
import { frameOf, meetText, SEEN } from './frame.ts';
import type { FrameRequest } from './frame-text.ts';
import { type Part, partOf, variableOf } from './part.ts';
import type { Assembled, AssembleRequest } from './types.ts';
import { bpftraceFrom, kernelFrom } from './version.ts';

/**
 * One script for these probes.
 *
 * @throws E_NUMBER when a PID, the interval or the capacity is not an integer in range; E_PROBE_MANIFEST for a script
 * that breaks the rules
 */
export const assemble = (request: AssembleRequest): Assembled => {
  checkNumbers(request);
  const numbers = numberMaps(request.selected);
  const parts = partsOf(request, numbers);
  const metrics = parts.flatMap((part) => part.metrics);
  const reported = frameRequest(request, parts, numbers.size);
  const frame = frameOf(reported);
  const sections = [
    { owner: null, text: frame.head },
    ...parts.map((part) => ({ owner: part.id, text: part.text })),
    { owner: null, text: frame.tail },
  ].map(({ owner, text }) => ({
    owner,
    text: argsOnce(firstCounts(text, request.facts), variableOf(owner, 'args'), request.facts),
  }));
  const visible = [
    ...metrics.filter(({ internal }) => !internal).map(({ descriptor }) => descriptor),
    ...parts.flatMap(({ derived }) => derived),
  ];
  const all = visible.map(({ id }) => id);
  return {
    script: `${sections.map(({ text }) => text).join('\n')}\n`,
    bindings: metrics.map(({ map, descriptor, dims }) => ({
      map,
      metric: descriptor.id,
      keyParts: 1 + (dims?.length ?? 0),
    })),
    scratch: [...reported.scratchMaps, ...frame.scratch],
    checked: [...checkedMaps(numbers, parts), { map: '@frame_tree', metrics: idsOf(metrics) }],
    needFiles: parts.flatMap((part) =>
      part.scratch.some(({ key }) => key === 'file')
        ? idsOf(part.metrics.filter(({ internal }) => !internal))
        : [],
    ),
    metrics: visible,
    attachPoints: parts.reduce((sum, part) => sum + part.attachPoints, frame.attachPoints),
    programs: [
      // Before the fragments it follows who is selected; after them it names, and deletes what the host finds anyway.
      ...frame.providers.before.map((provider) => ({ owner: null, provider, metrics: all })),
      ...parts.flatMap(({ id, programs }) => programs.map((program) => ({ owner: id, ...program }))),
      ...frame.providers.after.map((provider) => ({ owner: null, provider, metrics: [] })),
    ],
    runs: parts.flatMap((part) => part.runs),
    ownerOfLine: ownersOf(sections),
  };
};

const partsOf = (request: AssembleRequest, numbers: ReadonlyMap<string, number>): Part[] => {
  const chosen = request.selected.map((selected) => ({
    selected,
    clauses: clausesOf(selected, request.facts),
  }));
  const shared = sharedPoints(
    chosen.flatMap(({ clauses }) => clauses),
    request.filter,
  );
  const { intervalMs } = request;
  const seen = request.tellsWho === true ? meetText({ startTime: startTimeOf(request), intervalMs }) : SEEN;
  return chosen.flatMap(({ selected, clauses }) =>
    partOf(
      selected,
      clauses.flatMap((clause) => withoutShared(clause, shared)),
      request,
      { numbers, seen, startTime: startTimeOf(request), intervalMs },
    ),
  );
};

const startTimeOf = ({ startTime, facts }: AssembleRequest): 'btf' | 'none' =>
  startTime ?? (facts.btf ? 'btf' : 'none');

const frameRequest = (request: AssembleRequest, parts: readonly Part[], treeMap: number): FrameRequest => {
  const { filter, intervalMs, mapKeys, facts, seeds = [] } = request;
  const metrics = parts.flatMap((part) => part.metrics);
  const scratch = parts.flatMap((part) => part.scratch);
  const scratchMaps = scratch.map(({ map }) => map);
  return {
    filter,
    intervalMs,
    mapKeys,
    // The last first: a probe's later metrics say how much its first ones came to. What is read last is no less.
    metricMaps: metrics.map(({ map }) => map).reverse(),
    pidMaps: metrics.filter(({ dims }) => dims === undefined).map(({ map }) => map),
    histogramMaps: metrics
      .filter(({ descriptor, ofDevices }) => isHistogram(descriptor) && !ofDevices)
      .map(({ map }) => map),
    threadMaps: scratch.filter(({ key }) => key === 'tid').map(({ map }) => map),
    pidThreadMaps: metrics.filter(({ ofThreads }) => ofThreads).map(({ map }) => map),
    scratchMaps,
    seeds: seeds.filter(({ map }) => scratchMaps.includes(map)),
    reportsFiles: scratch.some(({ key }) => key === 'file'),
    startTime: startTimeOf(request),
    treeMap,
    checksMaps: scratchMaps.length > 0 || filter.kind === 'tree',
    execs: facts.tracepoints.fields('sched:sched_process_exec').includes('old_pid'),
    renames: facts.tracepoints.has('task:task_rename'),
    loops: kernelFrom(facts, '5.3.0'),
    hasKey: bpftraceFrom(facts, '0.22.0'),
    groupDeadField: facts.tracepoints.fields('sched:sched_process_exit').includes('group_dead'),
  };
};

const idsOf = (metrics: Part['metrics']): string[] => metrics.map(({ descriptor }) => descriptor.id);

const ownersOf = (
  sections: readonly { readonly owner: string | null; readonly text: string }[],
): ((line: number) => string | null) => {
  const owners = sections.flatMap(({ owner, text }) => text.split('\n').map(() => owner));
  return (line) => owners[line - 1] ?? null;
};
