// Handlers that hear of a few objects each: those that an index finds under one value.
import type { KubeObject } from '@holdfast/schema';
import type { InformerEvent, InformerHandler } from './informer.ts';

/** What an object is found under in an index. */
type ValuesOf<T> = (index: string, object: T) => readonly string[];

export class NarrowHandlers<T extends KubeObject> {
  /** By index and value; what nobody listens to is not there. */
  readonly #handlers = new Map<string, Map<string, Set<InformerHandler<T>>>>();

  add(index: string, value: string, handler: InformerHandler<T>): void {
    const values = this.#handlers.get(index) ?? new Map<string, Set<InformerHandler<T>>>();
    this.#handlers.set(index, values);
    const handlers = values.get(value) ?? new Set<InformerHandler<T>>();
    values.set(value, handlers.add(handler));
  }

  delete(index: string, value: string, handler: InformerHandler<T>): void {
    const values = this.#handlers.get(index);
    const handlers = values?.get(value);
    handlers?.delete(handler);
    if (handlers?.size === 0) values?.delete(value);
    if (values?.size === 0) this.#handlers.delete(index);
  }

  /** Those to whom an event matters: by what its object was before, or is now. */
  of(event: InformerEvent<T>, valuesOf: ValuesOf<T>): Iterable<InformerHandler<T>> {
    // As with most resources.
    return this.#handlers.size === 0 ? [] : this.#found(event, valuesOf);
  }

  *#found(event: InformerEvent<T>, valuesOf: ValuesOf<T>): Iterable<InformerHandler<T>> {
    for (const [index, values] of this.#handlers) {
      const now = valuesOf(index, event.object);
      const before = event.type === 'updated' ? valuesOf(index, event.old) : [];
      for (const value of new Set([...now, ...before])) yield* values.get(value) ?? [];
    }
  }

  /** Values that somebody listens to, of all indexes. */
  get size(): number {
    let size = 0;
    for (const values of this.#handlers.values()) size += values.size;
    return size;
  }
}
