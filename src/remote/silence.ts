/**
 * When a connection on which nothing is heard is over. With a tracer at its other end after 6 s: by then its guard has ended it, and
 * nothing is gained by waiting. Without one an answer may take as long as the reader's guard there lets it.
 */

/** Who has heard nothing for so long has no tracer there any more: its guard has ended it. */
export const OVER_MS = 6_000;
/** A host in trouble is long over the list of its functions, and says nothing meanwhile. */
export const OVER_WITHOUT_TRACER_MS = 20_000;

export type Silence = {
  /** A tracer counts. */
  began(): void;
  /** It was heard of. */
  heard(): void;
  ended(): void;
  /** How long nothing was heard, of the reader or a tracer. */
  silentMs(): number;
  /** How long the silence is that ends the connection now; null while it may go on. */
  over(): number | null;
};

/** @param heardMs when anything was heard of the reader last, by the same clock */
export const createSilence = (
  heardMs: () => number,
  nowMs: () => number = () => performance.now(),
): Silence => {
  /** A reader that is long over an answer says nothing meanwhile, and the link is there all the same. */
  let tracerMs = Number.NEGATIVE_INFINITY;
  let tracers = 0;
  const silentMs = (): number => nowMs() - Math.max(heardMs(), tracerMs);
  return {
    began: () => {
      tracers += 1;
    },
    heard: () => {
      tracerMs = nowMs();
    },
    ended: () => {
      tracers -= 1;
    },
    silentMs,
    over: () => {
      const overMs = tracers > 0 ? OVER_MS : OVER_WITHOUT_TRACER_MS;
      return silentMs() < overMs ? null : overMs;
    },
  };
};
