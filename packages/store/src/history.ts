// The last changes, by revision. Revisions are consecutive, so that a change's place follows from its number.
import type { StoreEvent } from './store.ts';

/** A bounded queue of events; the oldest are forgotten first. */
export class History<V> {
  readonly #limit: number;
  readonly #byteLimit: number;
  /** What the events that are kept hold, as counted when they came. */
  #bytes = 0;
  #events: StoreEvent<V>[] = [];
  #sizes: number[] = [];
  /** Index of the oldest event that is kept; what is before it is dropped in bulk. */
  #start = 0;
  /** Revision of the newest event that has been forgotten: the oldest revision whose state can still be told. */
  #floor: number;

  constructor(limit: number, byteLimit: number, revision: number) {
    this.#limit = limit;
    this.#byteLimit = byteLimit;
    this.#floor = revision;
  }

  /** The oldest revision from which changes, and at which lists, are known. */
  get oldest(): number {
    return this.#floor;
  }

  add(event: StoreEvent<V>): void {
    this.#events.push(event);
    this.#sizes.push(event.entry.size);
    this.#bytes += event.entry.size;
    while (this.#events.length - this.#start > this.#limit || (this.#bytes > this.#byteLimit && this.#start < this.#events.length))
      this.#drop(1);
  }

  /** Events after `revision`, oldest first. The revision must not be before `oldest`. */
  *after(revision: number): Generator<StoreEvent<V>> {
    for (let i = this.#index(revision); i < this.#events.length; i++) yield this.#events[i]!;
  }

  /** Events after `revision`, newest first. */
  *backTo(revision: number): Generator<StoreEvent<V>> {
    const first = this.#index(revision);
    for (let i = this.#events.length - 1; i >= first; i--) yield this.#events[i]!;
  }

  /** Forgets what is at or before `revision`. */
  forget(revision: number): void {
    const count = Math.min(revision - this.#floor, this.#events.length - this.#start);
    if (count > 0) this.#drop(count);
  }

  #index(revision: number): number {
    return this.#start + Math.max(0, revision - this.#floor);
  }

  #drop(count: number): void {
    for (let i = 0; i < count; i++) this.#bytes -= this.#sizes[this.#start + i]!;
    this.#start += count;
    this.#floor += count;
    // Moving the rest costs its length, so it is done only when at least as much is thrown away.
    if (this.#start > 1024 && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start);
      this.#sizes = this.#sizes.slice(this.#start);
      this.#start = 0;
    }
  }
}
