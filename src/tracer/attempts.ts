/**
 * A tracer for what this host allows of the probes: one that is refused is left out and the others are tried again, and
 * what is refused but belongs to no probe is made simpler.
 */
import type { ProbeInUse } from '../core/record.ts';
import { isFailure } from '../errors.ts';
import type { Attachment } from './attachment.ts';
import { idsOf, type ProbeSet } from './probe-set.ts';
import type { Readiness } from './readiness.ts';

export type Attempts = {
  readonly probes: ProbeSet;
  /**
   * Asked when bpftrace refuses what belongs to no probe: the probes that are another variant in the next script, which
   * asks less of this host; null when there is nothing left to leave out.
   */
  readonly simplify: () => readonly ProbeInUse[] | null;
  readonly start: (ids: readonly string[]) => Attachment;
  readonly isStopping: () => boolean;
};

/** Rejects with a StallscopeError when nothing can be left out any more, or the host was not reached, and with an AbortError when it is stopped. */
export const attachWhatRuns = async (attempts: Attempts): Promise<Attachment> => {
  for (;;) {
    if (attempts.isStopping()) throw new DOMException('stopped before tracing began', 'AbortError');
    const ids = idsOf(attempts.probes.attached());
    const attachment = attempts.start(ids);
    const readiness = await attachment.ready;
    if (readiness.kind === 'ready' && !attempts.isStopping()) return attachment;
    await attachment.drain();
    if (readiness.kind === 'lost') throw readiness.error;
    if (readiness.kind === 'refused') askForLess(attempts, ids, await whoIsRefused(attempts, readiness));
  }
};

type Refused = Extract<Readiness, { readonly kind: 'refused' }>;

/** Of several that it may be, each is tried by itself, and the first that is refused alone is the one. */
const whoIsRefused = async ({ start, isStopping }: Attempts, refused: Refused): Promise<Refused> => {
  for (const id of refused.among) {
    if (isStopping()) break;
    const alone = start([id]);
    const readiness = await alone.ready;
    await alone.drain();
    if (readiness.kind === 'lost') throw readiness.error;
    if (readiness.kind === 'refused') return { ...readiness, probe: id };
  }
  // None is by itself: together they ask for too much, and the last of them goes.
  return { ...refused, probe: refused.probe ?? refused.among.at(-1) ?? null };
};

const askForLess = (
  { probes, simplify }: Attempts,
  ids: readonly string[],
  { probe, error }: Refused,
): void => {
  if (probe === null && !isFailure(error, 'E_TRACER_TIMEOUT')) {
    const changed = simplify();
    probes.change(changed ?? []);
    if (changed !== null) return;
  }
  if (probe === null || ids.length === 1) throw error;
  probes.refuse(probe, error.message);
};
