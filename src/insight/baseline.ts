/**
 * What is usual can be frozen: from a moment on nothing more of it is learnt, so that a failure that lasts does not become the
 * normal. The moment is given beforehand (`--freeze-after`), or set by a mark in the stream, so that live tracing, its recording
 * and `analyze` agree. Who begins to watch behind the moment has learnt nothing that could be frozen, and learns.
 */
import type { SessionState } from '../core/state.ts';
import { BASELINE_MARK } from './params.ts';
import type { Watch } from './watch.ts';

/** Since when it is frozen; null while it is learnt. */
export const frozenSince = (
  { freezeUs, fromUs }: Pick<Watch, 'freezeUs' | 'fromUs'>,
  { bootUs, marks }: Pick<SessionState, 'bootUs' | 'marks'>,
): number | null => {
  let since = freezeUs > fromUs && freezeUs <= bootUs ? freezeUs : null;
  for (const mark of marks) {
    if (mark.bootUs <= fromUs) continue;
    if (mark.text === BASELINE_MARK.frozen) since ??= mark.bootUs;
    else if (mark.text === BASELINE_MARK.learning) since = null;
  }
  return since;
};
