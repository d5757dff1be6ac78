// The objects of one resource by key and by index.
import type { KubeObject, ObjectKey } from '@holdfast/schema';

interface Index<T> {
  readonly keys: (object: T) => readonly string[];
  readonly buckets: Map<string, Map<string, T>>;
}

/** 'namespace/name'; only the name for cluster-scoped objects. */
export function cacheKey({ namespace, name }: ObjectKey): string {
  return namespace ? `${namespace}/${name}` : name;
}

/** The cache key of an object. */
export function cacheKeyOf(object: KubeObject): string {
  return cacheKey({ namespace: object.metadata.namespace, name: object.metadata.name ?? '' });
}

const NAMESPACE_INDEX = '\0namespace';

/** Reads give the same array again until something in it changes. */
export class InformerCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #lists = new Map<string, readonly T[]>();

  constructor() {
    this.addIndex(NAMESPACE_INDEX, (object) => [object.metadata.namespace ?? '']);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  list(namespace?: string): readonly T[] {
    if (namespace) return this.byIndex(NAMESPACE_INDEX, namespace);
    return this.#memo('', () => [...this.#objects.values()]);
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#index(name);
    return this.#memo(`${name}\0${value}`, () => [...(index.buckets.get(value)?.values() ?? [])]);
  }

  /** What an object is found under in an index. */
  valuesOf(name: string, object: T): readonly string[] {
    return this.#index(name).keys(object);
  }

  addIndex(name: string, keys: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { keys, buckets: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) for (const value of keys(object)) insert(index, value, key, object);
  }

  set(key: string, object: T): void {
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [name, index] of this.#indexes) {
      const values = index.keys(object);
      const before = old ? index.keys(old) : [];
      // Most changes leave an object where it is.
      if (old && !sameValues(values, before)) this.#remove(name, index, key, before);
      for (const value of values) {
        insert(index, value, key, object);
        this.#lists.delete(`${name}\0${value}`);
      }
    }
    this.#lists.delete('');
  }

  delete(key: string): void {
    const old = this.#objects.get(key);
    if (!old) return;
    for (const [name, index] of this.#indexes) this.#remove(name, index, key, index.keys(old));
    this.#objects.delete(key);
    this.#lists.delete('');
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`informer index ${name} does not exist: add it with addIndex`);
    return index;
  }

  #remove(name: string, index: Index<T>, key: string, values: readonly string[]): void {
    for (const value of values) {
      const bucket = index.buckets.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) index.buckets.delete(value);
      this.#lists.delete(`${name}\0${value}`);
    }
  }

  #memo(name: string, make: () => readonly T[]): readonly T[] {
    const kept = this.#lists.get(name);
    if (kept) return kept;
    const made = Object.freeze(make());
    // Values nobody has objects for would otherwise pile up.
    if (made.length > 0) this.#lists.set(name, made);
    return made;
  }
}

function insert<T>(index: Index<T>, value: string, key: string, object: T): void {
  const bucket = index.buckets.get(value);
  if (bucket) bucket.set(key, object);
  else index.buckets.set(value, new Map([[key, object]]));
}

function sameValues(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
