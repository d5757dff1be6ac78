// One informer: list, replace, watch from there; list again when history is lost.
import { type Client, endingWith } from '@holdfast/client';
import { type Clock, type Random, sleep } from '@holdfast/clock';
import { isExpired, type KubeObject, type ObjectKey, type ResourceType } from '@holdfast/schema';
import type { Informer, InformerEvent, InformerHandler } from './informer.ts';
import { cacheKey, cacheKeyOf, InformerCache } from './informer-cache.ts';
import type { Logger } from './logger.ts';
import { NarrowHandlers } from './narrow-handlers.ts';

/** What an informer works with. */
export interface InformerOptions<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** client-go's reflector: 800 ms doubled up to 30 s, each between once and twice as long. */
const BACK_OFF_MS = 800;
const MAX_BACK_OFF_MS = 30_000;
/** A healthy stretch of this length starts the back-off over. */
const BACK_OFF_RESET_MS = 120_000;
/** Servers end watches after a random time in this range, so that clients do not come back all at once. */
const WATCH_SECONDS = { min: 300, spread: 300 } as const;
/** A watch that the server did not end in time is taken for dead. */
const WATCH_OVERDUE_MS = 30_000;
/** A watch that ends sooner than this without a word is a failure. */
const SHORT_WATCH_MS = 1000;

export class SharedInformer<T extends KubeObject> implements Informer<T> {
  readonly type: ResourceType<T>;
  readonly #options: InformerOptions<T>;
  readonly #cache = new InformerCache<T>();
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #narrow = new NarrowHandlers<T>();
  readonly #synced: Promise<void>;
  #markSynced: () => void = () => undefined;
  #hasSynced = false;
  /** Where to watch from; '' when a list is needed. */
  #resourceVersion = '';
  #seen = '';
  #failures = 0;
  #lastFailureMs = 0;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.type = options.type;
    this.#synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(key: ObjectKey): T | undefined {
    return this.#cache.get(cacheKey(this.type.namespaced ? key : { name: key.name }));
  }

  list(namespace?: string): readonly T[] {
    return this.#cache.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#cache.byIndex(index, value);
  }

  addIndex(name: string, keys: (object: T) => readonly string[]): void {
    this.#cache.addIndex(name, keys);
  }

  addHandler(handler: InformerHandler<T>, only?: { readonly index: string; readonly value: string }): () => void {
    if (only) this.#narrow.add(only.index, only.value, handler);
    else this.#handlers.add(handler);
    const current = only ? this.#cache.byIndex(only.index, only.value) : this.#cache.list();
    for (const object of current) this.#call(handler, { type: 'added', object, isInInitialList: true });
    return () => {
      if (only) this.#narrow.delete(only.index, only.value, handler);
      else this.#handlers.delete(handler);
    };
  }

  hasSynced(): boolean {
    return this.#hasSynced;
  }

  resourceVersion(): string {
    return this.#seen;
  }

  whenSynced(): Promise<void> {
    return this.#synced;
  }

  /** Follows the server until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#relist(signal);
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { client, namespace, labelSelector, fieldSelector } = this.#options;
    const list = await client.list(this.type, { namespace, labelSelector, fieldSelector, signal });
    const seen = new Set<string>();
    for (const object of list.items) {
      seen.add(cacheKeyOf(object));
      this.#store(object, !this.#hasSynced);
    }
    for (const key of this.#cache.keys()) if (!seen.has(key)) this.#remove(key, undefined);
    this.#advance(list.metadata.resourceVersion);
    this.#hasSynced = true;
    this.#markSynced();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { client, clock, random, namespace, labelSelector, fieldSelector } = this.#options;
    const timeoutSeconds = WATCH_SECONDS.min + random.int(WATCH_SECONDS.spread);
    const ending = endingWith(signal);
    const cancelTimer = clock.after(timeoutSeconds * 1000 + WATCH_OVERDUE_MS, () => ending.abort(new Error('the watch went silent')));
    const startMs = clock.now();
    let events = 0;
    try {
      const options = {
        namespace,
        labelSelector,
        fieldSelector,
        resourceVersion: this.#resourceVersion,
        allowWatchBookmarks: true,
        timeoutSeconds,
        signal: ending.signal,
      };
      for await (const event of client.watch(this.type, options)) {
        events++;
        if (event.type === 'BOOKMARK') this.#advance(event.resourceVersion);
        else {
          this.#advance(event.object.metadata.resourceVersion);
          if (event.type === 'DELETED') this.#remove(cacheKeyOf(event.object), event.object);
          else this.#store(event.object, false);
        }
      }
    } finally {
      cancelTimer();
      ending.release();
    }
    if (!signal.aborted && events === 0 && clock.now() - startMs < SHORT_WATCH_MS)
      throw new Error('the watch ended at once without an event');
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    const resource = this.type.resource;
    if (isExpired(error)) {
      log.debug({ resource, err: error }, 'watch history lost, listing again');
      this.#resourceVersion = '';
    } else log.warn({ resource, err: error }, 'list or watch failed');
    const now = clock.now();
    if (now - this.#lastFailureMs > BACK_OFF_RESET_MS) this.#failures = 0;
    this.#lastFailureMs = now;
    // The first loss of history is no sign of trouble and is mended at once.
    const firstExpiry = isExpired(error) && this.#failures === 0;
    const delay = Math.min(BACK_OFF_MS * 2 ** this.#failures++, MAX_BACK_OFF_MS) * (1 + random.next());
    if (!firstExpiry) await sleep(clock, delay, signal).catch(() => undefined);
  }

  #advance(resourceVersion: string | undefined): void {
    if (!resourceVersion) return;
    this.#resourceVersion = resourceVersion;
    this.#seen = resourceVersion;
  }

  #store(object: T, isInInitialList: boolean): void {
    const key = cacheKeyOf(object);
    let old = this.#cache.get(key);
    if (old?.metadata.resourceVersion !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    // Same name, other object: its deletion was missed.
    if (old && old.metadata.uid !== object.metadata.uid) {
      this.#remove(key, undefined);
      old = undefined;
    }
    this.#cache.set(key, object);
    this.#emit(old ? { type: 'updated', object, old } : { type: 'added', object, isInInitialList });
  }

  /** `last` is the final state where the server told it. */
  #remove(key: string, last: T | undefined): void {
    const known = this.#cache.get(key);
    if (!known) return;
    this.#cache.delete(key);
    this.#emit({ type: 'deleted', object: last ?? known, finalStateUnknown: last === undefined });
  }

  #emit(event: InformerEvent<T>): void {
    for (const handler of this.#handlers) this.#call(handler, event);
    for (const handler of this.#narrow.of(event, (index, object) => this.#cache.valuesOf(index, object))) this.#call(handler, event);
  }

  /** A handler that throws is a bug in its owner and must not stop the others. */
  #call(handler: InformerHandler<T>, event: InformerEvent<T>): void {
    try {
      handler(event);
    } catch (error) {
      this.#options.log.error({ resource: this.type.resource, event: event.type, err: error }, 'informer handler failed');
    }
  }
}
