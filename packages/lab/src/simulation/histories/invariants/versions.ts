// What objects of one kind were lately: what a controller may still see of them.
import type { KubeObject, ResourceType } from '@holdfast/schema';
import { type Change, isOf } from '../../recording-store.ts';

/** A state of an object, and until when it was the newest. */
export interface Version<T> {
  readonly object: T;
  untilMs: number;
}

/** How long old states are kept: longer than any fault and what follows it. */
export const KEPT_MS = 900_000;

export class Versions<T extends KubeObject> {
  readonly #type: ResourceType<T>;
  readonly #versions = new Map<string, Version<T>[]>();

  constructor(type: ResourceType<T>) {
    this.#type = type;
  }

  /** To be called with every change, before it is judged. Nothing is kept of what is gone. */
  change(change: Change, atMs: number): void {
    if (!isOf(change, this.#type)) return;
    const uid = change.object.metadata.uid ?? '';
    if (change.type === 'DELETED') {
      this.#versions.delete(uid);
      return;
    }
    const versions = this.#versions.get(uid) ?? [];
    const last = versions.at(-1);
    if (last) last.untilMs = atMs;
    const kept = versions.filter(({ untilMs }) => untilMs >= atMs - KEPT_MS);
    this.#versions.set(uid, [...kept, { object: change.object, untilMs: Number.POSITIVE_INFINITY }]);
  }

  /** What an object was at any time since then, the newest last; none when it is gone. */
  since(uid: string, sinceMs: number): readonly T[] {
    return (this.#versions.get(uid) ?? []).filter(({ untilMs }) => untilMs >= sinceMs).map(({ object }) => object);
  }
}
