// What a store shows: entries in order, the last changes, and those who watch. Changes come in through `apply`, already decided.
import type { StoreEntry, StoreEvent, StorePage, StoreWatch } from './store.ts';
import { collectionOf } from './collection.ts';
import { History } from './history.ts';
import { prefixEnd, SortedMap } from './sorted-map.ts';
import { CompactedError } from './store.ts';
import { WatchQueue } from './watch-queue.ts';
import { Watches } from './watches.ts';

/** Bounds of what is remembered. */
export interface StateLimits {
  /** How many changes are remembered for watches and lists at older revisions. Default 100 000. */
  readonly historyLimit?: number;
  /** How many changes a watcher may leave unread before its watch ends with CompactedError. Default 20 000. */
  readonly watchLimit?: number;
  /** Bytes of objects that the remembered changes may keep in memory. Default 256 MiB. */
  readonly historyBytes?: number;
  /** The same for the changes that one watcher has not read. Default 64 MiB. */
  readonly watchBytes?: number;
}

export interface ListOptions {
  readonly revision?: number;
  readonly after?: string;
  readonly limit?: number;
}

/** The revision of a store that nothing was ever written to. */
export const FIRST_REVISION = 1;
const MIB = 1024 * 1024;

/** The read side of every store. */
export class StoreState<V> {
  readonly #entries = new SortedMap<StoreEntry<V>>();
  /** How many entries each collection has: whether there are any of a kind is asked at every write. */
  readonly #sizes = new Map<string, number>();
  readonly #watches = new Watches<V>();
  readonly #history: History<V>;
  readonly #watchLimit: number;
  readonly #watchBytes: number;
  #revision: number;
  #closed = false;

  /** Starts with the `entries` of `revision`, in order of their keys, and no history before it. */
  constructor(
    { historyLimit = 100_000, watchLimit = 20_000, historyBytes = 256 * MIB, watchBytes = 64 * MIB }: StateLimits,
    revision: number = FIRST_REVISION,
    entries: Iterable<StoreEntry<V>> = [],
  ) {
    this.#history = new History(historyLimit, historyBytes, revision);
    this.#watchLimit = watchLimit;
    this.#watchBytes = watchBytes;
    this.#revision = revision;
    for (const entry of entries) this.#set(entry);
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): StoreEntry<V> | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string, options: ListOptions = {}): StorePage<V> {
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
    if (prefix !== '' && collectionOf(prefix) === prefix) return this.#sizes.get(prefix) ?? 0;
    return this.#entries.countBetween(prefix, prefixEnd(prefix));
  }

  watch(prefix: string, after: number): StoreWatch<V> {
    if (after < this.#history.oldest) throw new CompactedError(after, this.#history.oldest);
    const backlog: StoreEvent<V>[] = [];
    if (after < this.#revision) for (const event of this.#history.after(after)) if (event.key.startsWith(prefix)) backlog.push(event);
    const queue = new WatchQueue<V>({
      prefix,
      after,
      backlog,
      limit: this.#watchLimit,
      byteLimit: this.#watchBytes,
      revision: () => this.#revision,
      onClose: (q) => this.#watches.delete(q),
    });
    this.#watches.add(queue);
    if (this.#closed) queue.close();
    return queue;
  }

  /** Makes the change visible to reads and watches. Its revision must be the next one. */
  apply(event: StoreEvent<V>): void {
    if (event.type === 'put') this.#set(event.entry);
    else if (this.#entries.delete(event.key)) this.#resize(event.key, -1);
    this.#revision = event.revision;
    this.#history.add(event);
    this.#watches.push(event);
  }

  #set(entry: StoreEntry<V>): void {
    const before = this.#entries.size;
    this.#entries.set(entry.key, entry);
    if (this.#entries.size > before) this.#resize(entry.key, 1);
  }

  #resize(key: string, by: number): void {
    const collection = collectionOf(key);
    this.#sizes.set(collection, (this.#sizes.get(collection) ?? 0) + by);
  }

  compact(revision: number): void {
    this.#history.forget(Math.min(revision, this.#revision));
  }

  /** Ends all watches; reads go on. */
  close(): void {
    this.#closed = true;
    this.#watches.close();
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

function page<V>(entries: readonly StoreEntry<V>[], revision: number, remaining: number): StorePage<V> {
  const last = entries.at(-1);
  return { entries, revision, remaining, ...(remaining > 0 && last ? { next: last.key } : {}) };
}
