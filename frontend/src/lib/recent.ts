/** A map that keeps only the entries used most recently. */

export interface Recent<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

export function recent<K, V>(capacity: number): Recent<K, V> {
  const entries = new Map<K, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > capacity) entries.delete(entries.keys().next().value as K);
    },
  };
}
