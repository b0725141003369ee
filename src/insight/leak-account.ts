/** What a leak has to say as a finding. */
import type { Entity } from '../core/entity.ts';
import type { SessionState } from '../core/state.ts';
import type { Advice, Evidence, Finding } from './findings/finding.ts';
import { LEAK_METRICS } from './findings/leak-signature.ts';
import type { Grown } from './leak-state.ts';
import type { Allocators, Verdict } from './leak-verdict.ts';

export type Leak = {
  readonly entity: Entity;
  readonly verdict: Verdict;
  readonly grown: Grown;
  readonly allocators: Allocators;
  /** By which it was seen to grow. */
  readonly heldMetric: string;
};

export const describeLeak = (leak: Leak, state: SessionState): Finding => {
  const { entity, grown, allocators, heldMetric } = leak;
  const { signature, confidence } = leak.verdict;
  const { pid, startMs, comm } = entity;
  const { first, last } = grown;
  const evidence = (metric: string, value: number, what: string): Evidence => ({
    metric,
    value,
    unit: 'bytes',
    what,
    atUs: last.bootUs,
  });
  const seconds = Math.round((last.bootUs - first.bootUs) / 1e6);
  return {
    id: signature.id,
    title: signature.title,
    severity: signature.severity,
    confidence,
    suspect: { pid, startMs, comm },
    victims: [],
    startUs: first.bootUs,
    endUs: last.bootUs,
    evidence: [
      evidence(heldMetric, grown.held, `growth of the memory it holds in ${seconds} s`),
      ...allocated(grown, allocators, evidence),
    ],
    missing: [...missingFor(allocators), ...filesUnknown(heldMetric, state)],
    advice: [...reasonOf(allocators), ...signature.advice.flatMap((one) => filledIn(one, entity, state))],
  };
};

/** Only what was counted of it: a zero that nobody could have counted is no evidence. */
const allocated = (
  { arenas, heap, own, native }: Grown,
  allocators: Allocators,
  evidence: (metric: string, value: number, what: string) => Evidence,
): Evidence[] => {
  if (allocators.kind !== 'python') return [];
  return [
    ...(allocators.arenas
      ? [evidence(LEAK_METRICS.arenaBytes, arenas, "growth of Python's arenas, less those given back")]
      : []),
    evidence(LEAK_METRICS.heapGrown, heap, 'growth of other private memory, less what was given back'),
    ...(allocators.mappings
      ? [
          evidence(
            LEAK_METRICS.ownMapped,
            own,
            "of it, large blocks that the interpreter's own code asked for",
          ),
          evidence(
            LEAK_METRICS.nativeMapped,
            native,
            'of it, large blocks that extensions and libraries asked for',
          ),
        ]
      : []),
  ];
};

/** Of all that is resident, an import does not know what is files. */
const filesUnknown = (heldMetric: string, { header }: SessionState): string[] =>
  header.imported !== undefined && heldMetric === LEAK_METRICS.resident ? [LEAK_METRICS.anonymous] : [];

const missingFor = (allocators: Allocators): string[] => {
  switch (allocators.kind) {
    case 'other':
      return allocators.asked ? [] : [LEAK_METRICS.arenaBytes, LEAK_METRICS.heapGrown];
    case 'unwatched':
      return [LEAK_METRICS.arenaBytes, LEAK_METRICS.heapGrown];
    case 'python':
      return [
        ...(allocators.arenas ? [] : [LEAK_METRICS.arenaBytes]),
        ...(allocators.mappings ? [] : [LEAK_METRICS.ownMapped, LEAK_METRICS.nativeMapped]),
      ];
  }
};

const reasonOf = (allocators: Allocators): Advice[] =>
  allocators.kind === 'unwatched' && allocators.reason !== null
    ? [{ text: `Not counted here: ${allocators.reason}` }]
    : [];

/** A unit is worth a command only where there is one that is not the whole session. */
const UNIT = /\/([^/]+\.service)(?:\/|$)/;

const filledIn = (advice: Advice, { pid, cgroup }: Entity, { header }: SessionState): Advice[] => {
  if (advice.command === undefined) return [advice];
  const unit = UNIT.exec(cgroup ?? '')?.[1];
  if (advice.command.includes('UNIT') && unit === undefined) return [{ text: advice.text }];
  const bound = `${Math.max(1, Math.floor(header.host.memoryBytes / 2 / 2 ** 20))}M`;
  const command = advice.command
    .replaceAll(/\bPID\b/g, String(pid))
    .replaceAll(/\bUNIT\b/g, () => unit ?? '')
    .replaceAll(/\bBOUND\b/g, bound);
  return [{ ...advice, command }];
};
