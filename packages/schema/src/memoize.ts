// Results of pure functions, kept. The caches hold only what follows from the API's table, which never changes.

/** `make` with its results kept by key. `make` must be pure and its keys few. */
export function memoize<K, T>(make: (key: K) => T): (key: K) => T {
  const results = new Map<K, T>();
  return (key) => {
    let result = results.get(key);
    if (result === undefined) {
      result = make(key);
      results.set(key, result);
    }
    return result;
  };
}

/** Runs `make` at the first call and keeps its result. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
