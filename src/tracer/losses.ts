/** Losses come one by one and by the thousand; a sample reports each kind once, with its sum. */
import type { LossKind, LossRecord } from '../core/record.ts';

export type LossTally = {
  add(kind: LossKind, count: number, detail: { metric?: string; detail?: string }): void;
  /** Hands over what came since the last time. */
  drain(bootUs: number): LossRecord[];
};

export const createLossTally = (): LossTally => {
  const pending = new Map<string, Omit<LossRecord, 'bootUs'>>();
  return {
    add: (kind, count, detail) => {
      const key = `${kind} ${detail.metric ?? ''}`;
      const before = pending.get(key)?.count ?? 0;
      pending.set(key, { type: 'loss', kind, count: before + count, ...detail });
    },
    drain: (bootUs) => {
      const drained = [...pending.values()].map((loss) => ({ ...loss, bootUs }));
      pending.clear();
      return drained;
    },
  };
};
