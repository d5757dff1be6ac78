// The queue between events and workers: every key at most once, never two workers on one key, failures ever later.
import type { CancelTimer, Clock } from '@holdfast/clock';
import { Heap } from './heap.ts';

/** Options of a queue. Delays of failing keys: `baseDelayMs` doubled for each failure, at most `maxDelayMs`. */
export interface WorkqueueOptions {
  readonly clock: Clock;
  /** Default 5 ms. */
  readonly baseDelayMs?: number;
  /** Default 1000 s. */
  readonly maxDelayMs?: number;
}

/** How a key is added. Adding a key that waits already keeps the higher priority and the earlier time. */
export interface AddOptions {
  /** Not before this delay (default 0). */
  readonly afterMs?: number;
  /** After the back-off of this key, and one failure more is counted. */
  readonly rateLimited?: boolean;
  /** Higher first (default 0). */
  readonly priority?: number;
}

/** Figures for metrics; the names follow Kubernetes' workqueue metrics. */
export interface WorkqueueStats {
  /** Keys that could be handed out now. */
  readonly depth: number;
  /** Keys whose time has not come. */
  readonly waiting: number;
  /** Keys being worked on. */
  readonly processing: number;
  readonly adds: number;
  readonly retries: number;
}

interface Entry<K> {
  readonly key: K;
  readonly priority: number;
  readonly readyAtMs: number;
  readonly order: number;
}

interface Waiter<K> {
  readonly resolve: (key: K | undefined) => void;
}

/** Single-threaded, so everything but `get` is synchronous. */
export class Workqueue<K extends string = string> {
  readonly #clock: Clock;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  /** The one valid entry of each queued key; entries in the heaps that are not here any more are skipped. */
  readonly #entries = new Map<K, Entry<K>>();
  readonly #ready = new Heap<Entry<K>>((a, b) => a.priority > b.priority || (a.priority === b.priority && a.order < b.order));
  readonly #waiting = new Heap<Entry<K>>((a, b) => a.readyAtMs < b.readyAtMs || (a.readyAtMs === b.readyAtMs && a.order < b.order));
  readonly #processing = new Set<K>();
  readonly #failures = new Map<K, number>();
  readonly #waiters: Waiter<K>[] = [];
  #timer: { readonly dueMs: number; readonly cancel: CancelTimer } | undefined;
  #order = 0;
  #adds = 0;
  #retries = 0;
  #shutDown = false;

  constructor({ clock, baseDelayMs = 5, maxDelayMs = 1_000_000 }: WorkqueueOptions) {
    this.#clock = clock;
    this.#baseDelayMs = baseDelayMs;
    this.#maxDelayMs = maxDelayMs;
  }

  /** Queues a key; while it is being worked on it is held and queued once when that is done. Ignored after shutDown. */
  add(key: K, { afterMs = 0, rateLimited = false, priority = 0 }: AddOptions = {}): void {
    if (this.#shutDown) return;
    const delay = Math.max(afterMs, rateLimited ? this.#backOff(key) : 0, 0);
    const now = this.#clock.now();
    const readyAtMs = now + delay;
    const old = this.#entries.get(key);
    if (old && old.priority >= priority && old.readyAtMs <= Math.max(readyAtMs, now)) return;
    // A raised priority goes to the end of its new level; a key that only became due earlier keeps its place.
    const order = old && old.priority >= priority ? old.order : this.#order++;
    const entry = {
      key,
      priority: Math.max(priority, old?.priority ?? priority),
      readyAtMs: Math.min(readyAtMs, old?.readyAtMs ?? readyAtMs),
      order,
    };
    if (!old) this.#adds++;
    this.#entries.set(key, entry);
    this.#place(entry, now);
    this.#dispatch();
  }

  /** The next key, locked until `done`; undefined after shutDown or when the signal aborts. */
  get(signal?: AbortSignal): Promise<K | undefined> {
    if (this.#shutDown || signal?.aborted) return Promise.resolve(undefined);
    const next = this.#take();
    if (next) return Promise.resolve(next.key);
    return new Promise((resolve) => {
      const waiter: Waiter<K> = {
        resolve: (key) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(key);
        },
      };
      const onAbort = (): void => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        resolve(undefined);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Unlocks a key that `get` handed out; what was added meanwhile is queued now. */
  done(key: K): void {
    if (!this.#processing.delete(key)) return;
    const entry = this.#entries.get(key);
    if (entry && entry.readyAtMs <= this.#clock.now()) this.#ready.push(entry);
    this.#dispatch();
  }

  /** Forgets the failures of a key. */
  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** How often in a row the key was added with `rateLimited`. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Hands out nothing more and ends every wait. */
  shutDown(): void {
    this.#shutDown = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#entries.clear();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(undefined);
  }

  stats(): WorkqueueStats {
    const now = this.#clock.now();
    let depth = 0;
    for (const entry of this.#entries.values()) if (entry.readyAtMs <= now) depth++;
    return {
      depth,
      waiting: this.#entries.size - depth,
      processing: this.#processing.size,
      adds: this.#adds,
      retries: this.#retries,
    };
  }

  #backOff(key: K): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    this.#retries++;
    return Math.min(this.#baseDelayMs * 2 ** failures, this.#maxDelayMs);
  }

  #place(entry: Entry<K>, now: number): void {
    if (entry.readyAtMs > now) {
      this.#waiting.push(entry);
      this.#arm();
    } else if (!this.#processing.has(entry.key)) this.#ready.push(entry);
  }

  /** One timer, for the earliest key that waits. */
  #arm(): void {
    while (this.#waiting.size > 0 && !this.#isCurrent(this.#waiting.peek()!)) this.#waiting.pop();
    const next = this.#waiting.peek();
    if (!next || (this.#timer && this.#timer.dueMs <= next.readyAtMs)) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(next.readyAtMs - this.#clock.now(), () => {
      this.#timer = undefined;
      this.#wake();
    });
    this.#timer = { dueMs: next.readyAtMs, cancel };
  }

  #wake(): void {
    const now = this.#clock.now();
    for (let entry = this.#waiting.peek(); entry && (entry.readyAtMs <= now || !this.#isCurrent(entry)); entry = this.#waiting.peek()) {
      this.#waiting.pop();
      if (this.#isCurrent(entry) && !this.#processing.has(entry.key)) this.#ready.push(entry);
    }
    this.#arm();
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#waiters.length > 0) {
      const entry = this.#take();
      if (!entry) return;
      this.#waiters.shift()?.resolve(entry.key);
    }
  }

  /** The next entry that can be handed out, locked. */
  #take(): Entry<K> | undefined {
    for (let entry = this.#ready.pop(); entry; entry = this.#ready.pop()) {
      // Left over from a key that was handed out, raised or locked since.
      if (!this.#isCurrent(entry) || this.#processing.has(entry.key)) continue;
      this.#entries.delete(entry.key);
      this.#processing.add(entry.key);
      return entry;
    }
    return undefined;
  }

  #isCurrent(entry: Entry<K>): boolean {
    return this.#entries.get(entry.key) === entry;
  }
}
