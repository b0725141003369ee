/** What was not counted, by reason: how often, and one of them by name. */

export type Omission = { readonly reason: string; readonly count: number; readonly example: string };

export type LeftOut = {
  add(reason: string, path: string, count?: number): void;
  /** The most frequent first. */
  list(): readonly Omission[];
};

export const createLeftOut = (): LeftOut => {
  const byReason = new Map<string, Omission>();
  return {
    add: (reason, path, count = 1) => {
      const known = byReason.get(reason);
      byReason.set(reason, { reason, count: (known?.count ?? 0) + count, example: known?.example ?? path });
    },
    list: () => [...byReason.values()].sort((a, b) => b.count - a.count),
  };
};
