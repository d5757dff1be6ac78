// The store in memory: fast, gone with the process. The reference for every other implementation.
import type { Store, StoreEntry, StoreEvent, StorePage, StoreWatch } from './store.ts';
import { History } from './history.ts';
import { prefixEnd, SortedMap } from './sorted-map.ts';
import { CompactedError, RevisionConflict } from './store.ts';
import { WatchQueue } from './watch-queue.ts';

/** Options of a memory store. */
export interface MemoryStoreOptions<V> {
  /** How many changes are remembered for watches and lists at older revisions. Default 100 000. */
  readonly historyLimit?: number;
  /** How many changes a watcher may leave unread before its watch ends with CompactedError. Default 20 000. */
  readonly watchLimit?: number;
  /** The bytes of a value; JSON by default. */
  readonly encode?: (value: V) => Uint8Array;
}

/** Makes an empty store at revision 1. */
export function createMemoryStore<V>(options: MemoryStoreOptions<V> = {}): Store<V> {
  return new MemoryStore(options);
}

const FIRST_REVISION = 1;

class MemoryStore<V> implements Store<V> {
  readonly #entries = new SortedMap<StoreEntry<V>>();
  readonly #watches = new Map<string, Set<WatchQueue<V>>>();
  readonly #history: History<V>;
  readonly #watchLimit: number;
  readonly #encode: (value: V) => Uint8Array;
  #revision = FIRST_REVISION;
  #closed = false;

  constructor({ historyLimit = 100_000, watchLimit = 20_000, encode = encodeJson }: MemoryStoreOptions<V>) {
    this.#history = new History(historyLimit, FIRST_REVISION);
    this.#watchLimit = watchLimit;
    this.#encode = encode;
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: string): StoreEntry<V> | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string, options: { readonly revision?: number; readonly after?: string; readonly limit?: number } = {}): StorePage<V> {
    const { revision = this.#revision, after, limit = Infinity } = options;
    if (revision !== this.#revision) return this.#listAt(prefix, revision, after, limit);
    const from = after === undefined || after < prefix ? prefix : `${after}\u0000`;
    const entries: StoreEntry<V>[] = [];
    let more = false;
    for (const key of this.#entries.keysFrom(from)) {
      if (!key.startsWith(prefix)) break;
      if (entries.length >= limit) {
        more = true;
        break;
      }
      entries.push(this.#entries.get(key)!);
    }
    const remaining = more ? this.#entries.countBetween(from, prefixEnd(prefix)) - entries.length : 0;
    return page(entries, revision, remaining);
  }

  count(prefix: string): number {
    return this.#entries.countBetween(prefix, prefixEnd(prefix));
  }

  put(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return settle(() => {
      const previous = this.#checked(key, expected);
      const revision = this.#revision + 1;
      const entry = new Entry(key, make(revision), revision, previous?.createRevision ?? revision, this.#encode);
      this.#entries.set(key, entry);
      this.#commit({ type: 'put', key, revision, entry, ...(previous ? { previous } : {}) });
      return entry;
    });
  }

  delete(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>> {
    return settle(() => {
      const previous = this.#checked(key, expected);
      if (!previous) throw new RevisionConflict(key, 0);
      const revision = this.#revision + 1;
      const entry = new Entry(key, make(revision), revision, previous.createRevision, this.#encode);
      this.#entries.delete(key);
      this.#commit({ type: 'delete', key, revision, entry, previous });
      return entry;
    });
  }

  watch(prefix: string, after: number): StoreWatch<V> {
    if (after < this.#history.oldest) throw new CompactedError(after, this.#history.oldest);
    const backlog: StoreEvent<V>[] = [];
    if (after < this.#revision) for (const event of this.#history.after(after)) if (event.key.startsWith(prefix)) backlog.push(event);
    const queue = new WatchQueue<V>({ prefix, after, backlog, limit: this.#watchLimit, onClose: (q) => this.#forget(q) });
    const watches = this.#watches.get(prefix) ?? new Set();
    this.#watches.set(prefix, watches.add(queue));
    if (this.#closed) queue.close();
    return queue;
  }

  compact(revision: number): void {
    this.#history.forget(Math.min(revision, this.#revision));
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const watches of this.#watches.values()) for (const watch of watches) watch.close();
    return Promise.resolve();
  }

  #checked(key: string, expected: number | undefined): StoreEntry<V> | undefined {
    if (this.#closed) throw new Error('the store is closed');
    const entry = this.#entries.get(key);
    const actual = entry?.modRevision ?? 0;
    if (expected !== undefined && expected !== actual) throw new RevisionConflict(key, actual);
    return entry;
  }

  #commit(event: StoreEvent<V>): void {
    this.#revision = event.revision;
    this.#history.add(event);
    for (const [prefix, watches] of this.#watches) {
      if (event.key.startsWith(prefix)) for (const watch of watches) watch.push(event);
    }
  }

  #forget(queue: WatchQueue<V>): void {
    const watches = this.#watches.get(queue.prefix);
    watches?.delete(queue);
    if (watches?.size === 0) this.#watches.delete(queue.prefix);
  }

  /** The list as it was: today's entries with every change since undone. */
  #listAt(prefix: string, revision: number, after: string | undefined, limit: number): StorePage<V> {
    if (revision > this.#revision) throw new RangeError(`revision ${revision} is in the future; current is ${this.#revision}`);
    if (revision < this.#history.oldest) throw new CompactedError(revision, this.#history.oldest);
    const past = new Map<string, StoreEntry<V> | undefined>();
    for (const event of this.#history.backTo(revision)) if (event.key.startsWith(prefix)) past.set(event.key, event.previous);
    const keys: string[] = [];
    for (const key of this.#entries.keysFrom(prefix)) {
      if (!key.startsWith(prefix)) break;
      if (!past.has(key)) keys.push(key);
    }
    for (const [key, entry] of past) if (entry) keys.push(key);
    const wanted = keys.filter((key) => after === undefined || key > after).sort();
    const shown = wanted.slice(0, limit).map((key) => past.get(key) ?? this.#entries.get(key)!);
    return page(shown, revision, wanted.length - shown.length);
  }
}

class Entry<V> implements StoreEntry<V> {
  readonly key: string;
  readonly value: V;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly #encode: (value: V) => Uint8Array;
  #encoded: Uint8Array | undefined;

  constructor(key: string, value: V, modRevision: number, createRevision: number, encode: (value: V) => Uint8Array) {
    this.key = key;
    this.value = value;
    this.modRevision = modRevision;
    this.createRevision = createRevision;
    this.#encode = encode;
  }

  encoded(): Uint8Array {
    return (this.#encoded ??= this.#encode(this.value));
  }
}

function page<V>(entries: readonly StoreEntry<V>[], revision: number, remaining: number): StorePage<V> {
  const last = entries.at(-1);
  return { entries, revision, remaining, ...(remaining > 0 && last ? { next: last.key } : {}) };
}

/** Runs at once, so that the caller's next read sees the write, and reports as a promise. */
function settle<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
