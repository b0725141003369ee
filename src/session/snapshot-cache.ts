/**
 * Snapshots made lately, by the number of their sample: a step back shows what was shown. They share the rows that did not
 * change between them, so what is bounded is the rows that only one of them has.
 */
import { KEPT_BEHIND_SAMPLES } from '../core/entity.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';

const KEPT_SNAPSHOTS = 60;
const KEPT_ROWS = 60_000;
const RECENT_ROWS = 3_000;

type Limit = { readonly snapshots: number; readonly rows: number };

const KEPT: Limit = { snapshots: KEPT_SNAPSHOTS, rows: KEPT_ROWS };

/** Of a session that goes on meanwhile: it forgets what older ones may be asked for. */
export const RECENT: Limit = { snapshots: KEPT_BEHIND_SAMPLES, rows: RECENT_ROWS };

export type SnapshotCache = {
  get(number: number): WatchedSnapshot | undefined;
  /** The oldest go; two always stay. */
  put(number: number, snapshot: WatchedSnapshot, limit?: Limit): void;
  clear(): void;
};

export const createSnapshotCache = (): SnapshotCache => {
  const kept = new Map<number, { readonly snapshot: WatchedSnapshot; readonly changed: number }>();
  let rows = 0;

  const drop = (number: number): void => {
    rows -= kept.get(number)?.changed ?? 0;
    kept.delete(number);
  };

  return {
    get: (number) => kept.get(number)?.snapshot,
    put: (number, snapshot, limit = KEPT) => {
      const before = kept.get(number - 1)?.snapshot;
      const changed = snapshot.rows.filter((row, at) => row !== before?.rows[at]).length;
      drop(number);
      kept.set(number, { snapshot, changed });
      rows += changed;
      for (const oldest of kept.keys()) {
        if (kept.size <= 2 || (kept.size <= limit.snapshots && rows <= limit.rows)) break;
        drop(oldest);
      }
    },
    clear: () => {
      kept.clear();
      rows = 0;
    },
  };
};
