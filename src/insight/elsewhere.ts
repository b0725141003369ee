/**
 * Whether another host was in trouble first. Times are on the clock that the hosts share (core/common-clock.ts), each off by as much
 * as its clock and its samples leave open: only what is apart by more than that has an order. An order, never a cause.
 */

export type Trouble = {
  readonly host: string;
  readonly title: string;
  /** The suspect; null where nobody is. */
  readonly who: string | null;
  readonly startMs: number;
  readonly endMs: number;
  /** How far these times may be off by how often the host was sampled. */
  readonly stepMs: number;
  /** The same by its clock; null where nobody compared it. */
  readonly clockMs: number | null;
};

/** The hosts that are watched together, as one of them sees it. */
export type Among = {
  /** What this host is called here. */
  readonly name: string;
  readonly troubles: readonly Trouble[];
};

export type Elsewhere = {
  readonly trouble: Trouble;
  /** 'together': which came first cannot be said. */
  readonly order: 'before' | 'together';
  readonly byMs: number;
  readonly unsureMs: number;
  /** One of the clocks was not compared: the order is that of two clocks that may differ. */
  readonly isCompared: boolean;
};

/** What was over for longer than this has nothing to do with it. */
const RELATED_MS = 60_000;

/** The first to begin of those that were still there, or just over; null where this one was alone, or the first. */
export const firstElsewhere = (own: Trouble, all: readonly Trouble[]): Elsewhere | null => {
  const related = all
    .filter(({ host, endMs }) => host !== own.host && endMs + RELATED_MS >= own.startMs)
    .map((trouble) => orderOf(own, trouble))
    .sort((a, b) => b.byMs - a.byMs);
  return (
    related.find(({ order }) => order === 'before') ??
    related.find(({ byMs, unsureMs }) => Math.abs(byMs) <= unsureMs) ??
    null
  );
};

const orderOf = (own: Trouble, trouble: Trouble): Elsewhere => {
  const byMs = own.startMs - trouble.startMs;
  const unsureMs = own.stepMs + trouble.stepMs + (own.clockMs ?? 0) + (trouble.clockMs ?? 0);
  return {
    trouble,
    byMs,
    unsureMs,
    order: byMs > unsureMs ? 'before' : 'together',
    isCompared: own.clockMs !== null && trouble.clockMs !== null,
  };
};
