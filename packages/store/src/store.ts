// The revisioned store under the server: one global, strictly increasing revision, compare-and-swap, history for watches.

/** One object as stored. `encoded` is the JSON of `value`, made once, when it is first asked for. */
export interface StoreEntry<V> {
  readonly key: string;
  readonly value: V;
  /** The revision of the last write of this key. */
  readonly modRevision: number;
  /** The revision at which this key was created. */
  readonly createRevision: number;
  /** Bytes of memory that the entry keeps, roughly. */
  readonly size: number;
  encoded(): Uint8Array;
}

/** A change, in revision order. `previous` is the entry before it, absent for a creation. */
export interface StoreEvent<V> {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: number;
  /** The new entry; of a delete: the final state as stamped with the deletion's revision. */
  readonly entry: StoreEntry<V>;
  readonly previous?: StoreEntry<V>;
}

/** A page of a list, all of one revision. */
export interface StorePage<V> {
  readonly entries: readonly StoreEntry<V>[];
  readonly revision: number;
  /** Key after which the next page starts; absent on the last page. */
  readonly next?: string;
  readonly remaining: number;
}

/** Follows changes. Bounded: when the reader falls too far behind, iteration throws CompactedError. */
export interface StoreWatch<V> extends AsyncIterable<StoreEvent<V>> {
  /** The changes with marks among them: each call of `mark` gives one, after everything that had happened by then. */
  withMarks(): AsyncIterable<StoreEvent<V> | StoreMark>;
  mark(): void;
  /** Ends at once: changes that were not read yet are not given. */
  close(): void;
  /** Ends after the changes that have happened by now. */
  finish(): void;
}

/** Says that everything up to `revision` has been given. */
export interface StoreMark {
  readonly type: 'mark';
  readonly revision: number;
}

/** Thrown by `write` when the key is not at the expected revision; carries what is there. */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict';
  readonly key: string;
  readonly actual: number;

  constructor(key: string, actual: number) {
    super(`key ${key} is at revision ${actual}`);
    this.key = key;
    this.actual = actual;
  }
}

/** The revision asked for is older than the history that is kept. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly requested: number;
  readonly oldest: number;

  constructor(requested: number, oldest: number) {
    super(`revision ${requested} has been compacted; oldest is ${oldest}`);
    this.requested = requested;
    this.oldest = oldest;
  }
}

/**
 * The store cannot write: its disk is full, has failed, or the store is closed. `outcome` says whether the write is certainly not
 * there ('refused'), or may be there after the next start ('unknown').
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly outcome: 'refused' | 'unknown';

  constructor(message: string, outcome: 'refused' | 'unknown', options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/**
 * Keys are '/'-separated paths such as 'core/pods/default/web-0'; lists and watches take a prefix. Values are immutable.
 * Reads are synchronous and see every write whose promise has resolved.
 */
export interface Store<V> {
  /** Revision of the last write; at least 1. */
  readonly revision: number;
  /** Why writes are refused at present, as a sentence; undefined while the store can write. Reads go on in either case. */
  readonly problem: string | undefined;
  get(key: string): StoreEntry<V> | undefined;
  /**
   * Entries under `prefix` in key order. `revision`: exactly that one (throws CompactedError when history is gone);
   * `after`: only keys greater than it; `limit`: at most so many.
   */
  list(prefix: string, options?: { readonly revision?: number; readonly after?: string; readonly limit?: number }): StorePage<V>;
  count(prefix: string): number;
  /**
   * Writes `make(revision)`, which gets the revision the write will have so that it can stamp it. `expected`: 0 = the key must
   * not exist, n = it must be at n, absent = whatever is there. Throws RevisionConflict, or StoreUnavailable when it cannot be
   * written. Resolves once durable; until then no read and no watch shows it.
   */
  put(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>>;
  /** Removes the key; `make` stamps its final state for watchers. Resolves with that final entry. */
  delete(key: string, make: (revision: number) => V, expected?: number): Promise<StoreEntry<V>>;
  /** Changes with a revision greater than `after` under `prefix`. Throws CompactedError when they are no longer known. */
  watch(prefix: string, after: number): StoreWatch<V>;
  /** Forgets history before `revision`. */
  compact(revision: number): void;
  close(): Promise<void>;
}
