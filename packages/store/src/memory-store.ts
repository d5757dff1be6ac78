// The store in memory: fast, gone with the process. The reference for every other implementation.
import type { Store, StoreEntry, StorePage, StoreWatch } from './store.ts';
import { Entry, jsonCodec, type ValueCodec } from './entry.ts';
import { type ListOptions, type StateLimits, StoreState } from './store-state.ts';
import { RevisionConflict, StoreUnavailable } from './store.ts';

/** Options of a memory store. */
export interface MemoryStoreOptions<V> extends StateLimits {
  /** The bytes of a value; JSON by default. */
  readonly codec?: ValueCodec<V>;
  /** What is there from the start, in order of keys; absent: nothing, at revision 1. Entries are immutable and may be in other stores too. */
  readonly from?: { readonly revision: number; readonly entries: readonly StoreEntry<V>[] } | undefined;
}

/** Makes a store that is gone with the process. */
export function createMemoryStore<V>(options: MemoryStoreOptions<V> = {}): Store<V> {
  return new MemoryStore(options);
}

class MemoryStore<V> implements Store<V> {
  readonly #state: StoreState<V>;
  readonly #codec: ValueCodec<V>;
  #closed = false;

  constructor({ codec = jsonCodec<V>(), from, ...limits }: MemoryStoreOptions<V>) {
    this.#state = new StoreState(limits, from?.revision, from?.entries);
    this.#codec = codec;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get problem(): string | undefined {
    return this.#closed ? 'the store is closed' : undefined;
  }

  get(key: string): StoreEntry<V> | undefined {
    return this.#state.get(key);
  }

  list(prefix: string, options?: ListOptions): StorePage<V> {
    return this.#state.list(prefix, options);
  }

  count(prefix: string): number {
    return this.#state.count(prefix);
  }

  put(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return settle(() => {
      const previous = this.#checked(key, expected);
      const revision = this.revision + 1;
      const place = { key, modRevision: revision, createRevision: previous?.createRevision ?? revision };
      const entry = new Entry(place, this.#codec, { value: make(revision) });
      this.#state.apply({ type: 'put', key, revision, entry, ...(previous ? { previous } : {}) });
      return entry;
    });
  }

  delete(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return settle(() => {
      const previous = this.#checked(key, expected);
      if (!previous) throw new RevisionConflict(key, 0);
      const revision = this.revision + 1;
      const place = { key, modRevision: revision, createRevision: previous.createRevision };
      const entry = new Entry(place, this.#codec, { value: make(revision) });
      this.#state.apply({ type: 'delete', key, revision, entry, previous });
      return entry;
    });
  }

  watch(prefix: string, after: number): StoreWatch<V> {
    return this.#state.watch(prefix, after);
  }

  compact(revision: number): void {
    this.#state.compact(revision);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#state.close();
    return Promise.resolve();
  }

  #checked(key: string, expected: number | undefined): StoreEntry<V> | undefined {
    if (this.#closed) throw new StoreUnavailable('the store is closed', 'refused');
    const entry = this.#state.get(key);
    const actual = entry?.modRevision ?? 0;
    if (expected !== undefined && expected !== actual) throw new RevisionConflict(key, actual);
    return entry;
  }
}

/** Runs at once, so that the caller's next read sees the write, and reports as a promise. */
function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
