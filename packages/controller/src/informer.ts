// A local copy of one resource that follows the server: list, then watch, then list again when history is lost.
import type { KubeObject, ObjectKey, ResourceType } from '@holdfast/schema';

/** A change as handlers see it. `old` is the last state this cache had. */
export type InformerEvent<T> =
  | { readonly type: 'added'; readonly object: T; readonly isInInitialList: boolean }
  | { readonly type: 'updated'; readonly object: T; readonly old: T }
  /** `finalStateUnknown`: the deletion happened while the watch was down; `object` is the last state known. */
  | { readonly type: 'deleted'; readonly object: T; readonly finalStateUnknown: boolean };

export type InformerHandler<T> = (event: InformerEvent<T>) => void;

/** Reads are synchronous and return frozen objects. */
export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>;
  get(key: ObjectKey): T | undefined;
  /** All objects, of one namespace where given. */
  list(namespace?: string): readonly T[];
  /** Objects whose index function returned `value`. */
  byIndex(index: string, value: string): readonly T[];
  /** Adds an index; may be called before or after start; the same name twice is the same index. */
  addIndex(name: string, keys: (object: T) => readonly string[]): void;
  /**
   * Handlers added after start first see the current objects as 'added'. With `only`, a handler hears of the objects whose index
   * function returns that value, before or after the change: many handlers of a few objects each cost no more than one of all.
   * Returns the removal.
   */
  addHandler(handler: InformerHandler<T>, only?: { readonly index: string; readonly value: string }): () => void;
  hasSynced(): boolean;
  /** The revision up to which this cache shows everything; '' before the first list. */
  resourceVersion(): string;
  /** Resolves when the first list is in and handlers have seen it. */
  whenSynced(): Promise<void>;
}

/** Hands out one shared informer per resource (and namespace, where the factory is restricted to one). */
export interface InformerFactory {
  informer<T extends KubeObject>(type: ResourceType<T>): Informer<T>;
  /**
   * Gives back what `informer` handed out: when all who asked for it have given it back, it stops, and the next who asks gets a new one.
   * For resources that come and go; all others are kept.
   */
  release(type: ResourceType): void;
  /** Starts all that were asked for; those asked for later start at once. */
  start(signal: AbortSignal): void;
  whenSynced(): Promise<void>;
}
