/** Whose growth it is, as far as what was measured can say: no metric is taken for more than it carries. */
import type { Entity } from '../core/entity.ts';
import type { SessionState } from '../core/state.ts';
import { LEAK_METRICS, type LeakSignature } from './findings/leak-signature.ts';
import { growingMemory, nativeLeak, outsideArenas, unwatchedInterpreter } from './findings/native-leak.ts';
import { largeObjects, pythonLeak } from './findings/python-leak.ts';
import { LEAK } from './growth-params.ts';
import type { Room } from './leak-room.ts';
import { type Grown, isUnabated } from './leak-state.ts';

/** What is known of the allocators of one process. */
export type Allocators =
  /** An interpreter: `arenas` and `mappings` say whether those numbers are of it. */
  | { readonly kind: 'python'; readonly arenas: boolean; readonly mappings: boolean }
  /** An interpreter that is not counted, with the reason; without one where no probe asks. */
  | { readonly kind: 'unwatched'; readonly reason: string | null }
  /** No interpreter; `asked` is false where no probe would have known. */
  | { readonly kind: 'other'; readonly asked: boolean };

export const allocatorsOf = (entity: Entity, state: SessionState): Allocators => {
  const asked = state.metrics.has(LEAK_METRICS.arenas);
  const whyNot = entity.uncovered[LEAK_METRICS.heapGrown];
  if (asked && whyNot !== undefined) return { kind: 'unwatched', reason: whyNot };
  const isCounted = (metric: string): boolean =>
    state.metrics.has(metric) && entity.uncovered[metric] === undefined;
  if (asked && (entity.counts.has(LEAK_METRICS.arenas) || entity.counts.has(LEAK_METRICS.heapGrown))) {
    return {
      kind: 'python',
      arenas: isCounted(LEAK_METRICS.arenas),
      mappings: isCounted(LEAK_METRICS.ownMapped) && isCounted(LEAK_METRICS.nativeMapped),
    };
  }
  if (!runsPython(entity)) return { kind: 'other', asked };
  return { kind: 'unwatched', reason: state.header.imported === undefined ? null : NOT_IMPORTED };
};

/** What was left after the outage has nothing better to offer than that it grew. */
const NOT_IMPORTED = 'it was imported, and what was imported does not know of allocators';

const PYTHON_COMMAND = /^(?:\S*\/)?python[\d.]*(?: |$)/;

const runsPython = ({ comm, cmdline }: Entity): boolean => PYTHON_COMMAND.test(cmdline ?? comm);

export type Verdict = { readonly signature: LeakSignature; readonly confidence: number };

/** What else is known of who grows. */
export type Growing = { readonly room: Room; readonly isAnonymous: boolean };

/** null where both or neither of two allocators grow, and where a heap on its way grows like that: then nobody is accused. */
export const verdictOf = (
  grown: Grown,
  allocators: Allocators,
  { room, isAnonymous }: Growing,
): Verdict | null => {
  if (!goesOnLikeALeak(grown, room)) return null;
  const unknown = isAnonymous ? LEAK.confidenceUnknownAllocator : LEAK.confidenceResident;
  switch (allocators.kind) {
    case 'other':
      return { signature: growingMemory, confidence: unknown };
    case 'unwatched':
      // Of an interpreter of which nothing at all was asked, nothing is said.
      return allocators.reason === null ? null : { signature: unwatchedInterpreter, confidence: unknown };
    case 'python':
      return (allocators.mappings ? byMappings(grown, allocators) : null) ?? byArenas(grown, allocators);
  }
};

/** So much of the room that there is matters, whatever it is. */
const goesOnLikeALeak = (grown: Grown, { ownBytes, allBytes, isCollected }: Room): boolean => {
  const { first, last, held } = grown;
  if (last.held <= ownBytes) return false;
  const forUs = held >= allBytes * LEAK.muchOfRoom ? Number.POSITIVE_INFINITY : last.bootUs - first.bootUs;
  return isUnabated(grown, { forUs, isCollected });
};

/** Where most of the heap's growth has mappings of its own, which belong to who asked for them. */
const byMappings = (grown: Grown, { arenas }: { readonly arenas: boolean }): Verdict | null => {
  const small = arenas ? Math.max(0, grown.arenas) : 0;
  const large = Math.max(0, grown.own);
  const native = Math.max(0, grown.native);
  const seen = small + large + native;
  if (large + native < LEAK.mostlyShare * grown.heap || seen < LEAK.mostlyShare * grown.held) return null;
  const share = native / seen;
  if (share >= 1 - LEAK.hardlyShare) return { signature: nativeLeak, confidence: LEAK.confidenceByMappings };
  if (share > LEAK.hardlyShare) return null;
  return small >= large
    ? { signature: pythonLeak, confidence: LEAK.confidence }
    : { signature: largeObjects, confidence: LEAK.confidenceByMappings };
};

const byArenas = (
  { held, heap, ...grown }: Grown,
  { arenas, mappings }: { readonly arenas: boolean; readonly mappings: boolean },
): Verdict | null => {
  const inArenas = (arenas ? grown.arenas : 0) / held;
  const inHeap = heap / held;
  if (inArenas >= LEAK.mostlyShare && inArenas > inHeap)
    return { signature: pythonLeak, confidence: LEAK.confidence };
  if (inHeap < LEAK.mostlyShare || inArenas >= LEAK.hardlyShare) return null;
  // Mappings of both were seen, and neither are most of it.
  const attributed = Math.max(0, grown.own) + Math.max(0, grown.native);
  if (mappings && attributed >= LEAK.mostlyShare * heap) return null;
  return { signature: outsideArenas, confidence: LEAK.confidenceUnknownAllocator };
};
