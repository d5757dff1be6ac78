// An informer's view with what this component wrote, or is about to write, laid over it until the informer has caught up.
import type { KubeObject, ObjectKey } from '@holdfast/schema';
import type { Informer } from '../informer.ts';
import { cacheKey, cacheKeyOf } from '../informer-cache.ts';

export class AssumeCache<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #assumed = new Map<string, T>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  /** The newest state known. An assumed object counts until the server's revision of it has passed its own. */
  get(key: ObjectKey): T | undefined {
    return this.#latest(cacheKey(key), this.#informer.get(key));
  }

  list(namespace?: string): readonly T[] {
    return this.#overlay(this.#informer.list(namespace));
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#overlay(this.#informer.byIndex(index, value));
  }

  /** The state that the server has told of, without what is assumed. */
  observed(key: ObjectKey): T | undefined {
    return this.#informer.get(key);
  }

  /** Lays an object over the informer's: the answer of a write, or a change yet to be written (with the old revision). */
  assume(object: T): void {
    const key = cacheKeyOf(object);
    const old = this.#assumed.get(key);
    if (!old || revision(old) <= revision(object)) this.#assumed.set(key, object);
  }

  /** Takes back what was assumed and not written. */
  restore(key: ObjectKey): void {
    this.#assumed.delete(cacheKey(key));
  }

  #overlay(objects: readonly T[]): readonly T[] {
    if (this.#assumed.size === 0) return objects;
    return objects.map((object) => this.#latest(cacheKeyOf(object), object) ?? object);
  }

  #latest(key: string, observed: T | undefined): T | undefined {
    const assumed = this.#assumed.get(key);
    if (!assumed) return observed;
    // Only objects that were observed once are ever assumed: when it is not there any more, it was deleted.
    const passed = !observed || observed.metadata.uid !== assumed.metadata.uid || revision(observed) > revision(assumed);
    if (passed) this.#assumed.delete(key);
    return passed ? observed : assumed;
  }
}

function revision({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion) || 0;
}
