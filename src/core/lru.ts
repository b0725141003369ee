/** A map with room for so many: the entry that was not used for longest makes way for a new one. */
export type Lru<Key, Value> = {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  keys(): readonly Key[];
  /** What makes way for the next; undefined while there is room. */
  inTheWay(): Value | undefined;
};

/** @param dropped is reported what made way, or was deleted */
export const createLru = <Key, Value>(most: number, dropped?: (value: Value) => void): Lru<Key, Value> => {
  /** The one used last at the end. */
  const held = new Map<Key, Value>();
  const drop = (key: Key): void => {
    const value = held.get(key);
    if (held.delete(key)) dropped?.(value as Value);
  };
  return {
    get: (key) => {
      const value = held.get(key);
      if (!held.delete(key)) return undefined;
      held.set(key, value as Value);
      return value;
    },
    set: (key, value) => {
      drop(key);
      const [oldest] = held.keys();
      if (held.size >= most) drop(oldest as Key);
      held.set(key, value);
    },
    delete: drop,
    keys: () => [...held.keys()],
    inTheWay: () => {
      const [oldest] = held.values();
      return held.size < most ? undefined : oldest;
    },
  };
};
