/** When a case is a finding: all that is required holds together and in order, for long enough or beyond doubt. */
import type { SessionState } from '../../core/state.ts';
import type { Case, Held } from './cases.ts';
import type { Readings } from './reading-state.ts';
import { ofStretch } from './readings.ts';
import type { Condition } from './signature.ts';

/** What held for a smaller part of its ticks could be one burst that was cut by chance. */
const LEAST_SHARE_OF_TICKS = 0.8;

export const isComplete = (one: Case, { ticks }: Readings): boolean =>
  one.signature.conditions.every((condition) => {
    const held = one.held.get(condition.id);
    const within = condition.now === true ? 0 : one.signature.togetherTicks;
    const recently = held !== undefined && ticks - held.lastTick <= within;
    if (condition.need === 'forbidden') return !recently;
    if (condition.need === 'optional' || one.unknown.includes(condition.id)) return true;
    return recently && inOrder(one, condition, held);
  });

const inOrder = (one: Case, { order }: Condition, held: Held): boolean => {
  if (order === undefined) return true;
  const before = one.held.get(order.after);
  if (before === undefined) return false;
  const lag = held.sinceTick - before.sinceTick;
  return lag >= -order.earliestTicks && lag <= order.latestTicks;
};

/** For so many ticks; or for as long as they take, where a machine that is held up makes fewer of them. */
export const hasLasted = ({ lasted, signature, stretch }: Case, { header }: SessionState): boolean =>
  lasted >= signature.lastsTicks ||
  (lasted >= signature.lastsTicks * LEAST_SHARE_OF_TICKS &&
    stretch.us >= signature.lastsTicks * header.intervalMs * 1000);

export const isBeyondDoubt = ({ signature, stretch, lasted, unknown }: Case): boolean => {
  const { beyondDoubt } = signature;
  if (beyondDoubt === undefined || lasted < beyondDoubt.ticks) return false;
  const { inAll, least } = beyondDoubt;
  if ((stretch.own.get(inAll.metric) ?? 0) < inAll.least) return false;
  return signature.conditions.every(
    (condition) =>
      unknown.includes(condition.id) ||
      least[condition.id] === undefined ||
      ofStretch(stretch, condition) >= (least[condition.id] ?? 0),
  );
};
