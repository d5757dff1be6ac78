// All who watch, found by the key of a change: a change of one collection costs nothing for those who watch others.
import { collectionOf } from './collection.ts';
import type { StoreEvent } from './store.ts';
import type { WatchQueue } from './watch-queue.ts';

/** Those who watch one prefix. */
interface Group<V> {
  readonly prefix: string;
  readonly queues: Set<WatchQueue<V>>;
}

/** Watches by the collection that their prefix begins with ('core/pods/'); '' holds those whose prefix is shorter. */
export class Watches<V> {
  readonly #collections = new Map<string, Map<string, Group<V>>>();

  add(queue: WatchQueue<V>): void {
    const { prefix } = queue;
    const collection = collectionOf(prefix);
    const groups = this.#collections.get(collection) ?? new Map<string, Group<V>>();
    if (groups.size === 0) this.#collections.set(collection, groups);
    const group = groups.get(prefix) ?? { prefix, queues: new Set() };
    if (group.queues.size === 0) groups.set(prefix, group);
    group.queues.add(queue);
  }

  delete(queue: WatchQueue<V>): void {
    const collection = collectionOf(queue.prefix);
    const groups = this.#collections.get(collection);
    const group = groups?.get(queue.prefix);
    if (!groups || !group?.queues.delete(queue) || group.queues.size > 0) return;
    groups.delete(queue.prefix);
    if (groups.size === 0) this.#collections.delete(collection);
  }

  /** Gives a change to all whose prefix its key has. */
  push(event: StoreEvent<V>): void {
    const collection = collectionOf(event.key);
    pushTo(this.#collections.get(collection), event);
    if (collection !== '') pushTo(this.#collections.get(''), event);
  }

  close(): void {
    for (const groups of this.#collections.values()) for (const { queues } of groups.values()) for (const queue of queues) queue.close();
  }
}

function pushTo<V>(groups: ReadonlyMap<string, Group<V>> | undefined, event: StoreEvent<V>): void {
  if (!groups) return;
  for (const { prefix, queues } of groups.values()) if (event.key.startsWith(prefix)) for (const queue of queues) queue.push(event);
}
