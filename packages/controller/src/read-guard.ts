// Keeps a controller from acting on a cache that does not show its own last writes yet.
import type { KubeObject } from '@holdfast/schema';
import type { Informer } from './informer.ts';

interface Written {
  /** The highest revision written; revisions are one increasing number for all resources of a server. */
  readonly revision: number;
  /** Objects deleted, uid by cache key. */
  readonly deleted: ReadonlyMap<string, KubeObject>;
}

/** Keyed by the object on whose behalf was written ('namespace/name'); one guard for each kind of child. */
export class ReadGuard {
  readonly #written = new Map<string, Written>();

  /** Notes the answer of a create, update or patch. */
  wrote(key: string, object: KubeObject): void {
    const old = this.#of(key);
    this.#written.set(key, { ...old, revision: Math.max(old.revision, Number(object.metadata.resourceVersion) || 0) });
  }

  /** Notes that an object was deleted (and has no finalizers). */
  deleted(key: string, object: KubeObject): void {
    const old = this.#of(key);
    this.#written.set(key, { ...old, deleted: new Map([...old.deleted, [object.metadata.uid ?? '', object]]) });
  }

  /** Whether the informer has seen everything that was written for `key`. If not, its next event will come. */
  isFresh<T extends KubeObject>(key: string, informer: Informer<T>): boolean {
    const written = this.#written.get(key);
    if (!written) return true;
    if ((Number(informer.resourceVersion()) || 0) < written.revision) return false;
    for (const [uid, { metadata }] of written.deleted) {
      if (informer.get({ namespace: metadata.namespace, name: metadata.name ?? '' })?.metadata.uid === uid) return false;
    }
    this.#written.delete(key);
    return true;
  }

  /** Forgets a key, when its object is gone. */
  forget(key: string): void {
    this.#written.delete(key);
  }

  #of(key: string): Written {
    return this.#written.get(key) ?? { revision: 0, deleted: new Map() };
  }
}
