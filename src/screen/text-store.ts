/** A text that changes, for whoever shows it: what start-up is doing, what the session has to say. */
export type TextStore = {
  get(): string;
  /** Calls back after each change; returns the way out. */
  subscribe(listener: () => void): () => void;
};

export const createTextStore = (initial = ''): TextStore & { set(text: string): void } => {
  const listeners = new Set<() => void>();
  let current = initial;
  return {
    get: () => current,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set: (text) => {
      if (text === current) return;
      current = text;
      for (const listener of listeners) listener();
    },
  };
};
