/** The latest Snapshot, for whoever draws it. Lives without React. */
import { createStore } from 'zustand/vanilla';
import type { WatchedSnapshot } from '../insight/recognised.ts';

export type SnapshotStore = {
  get(): WatchedSnapshot | null;
  set(snapshot: WatchedSnapshot): void;
  /** Calls back after each change; returns the way out. */
  subscribe(listener: () => void): () => void;
};

export const createSnapshotStore = (): SnapshotStore => {
  const store = createStore<{ snapshot: WatchedSnapshot | null }>(() => ({ snapshot: null }));
  return {
    get: () => store.getState().snapshot,
    set: (snapshot) => store.setState({ snapshot }),
    subscribe: (listener) => store.subscribe(listener),
  };
};
