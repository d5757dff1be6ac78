// A store that tells of every change at the moment it is made: one total order of everything that happens in a cluster.
import type { KubeObject, ResourceType } from '@holdfast/schema';
import { createMemoryStore, type MemoryStoreOptions, type Store } from '@holdfast/store';

/** One change. `before` is absent for a creation; `object` is the final state for a deletion. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The storage key: 'core/pods/default/web-0'. */
  readonly key: string;
  readonly object: KubeObject;
  readonly before?: KubeObject;
}

/** A memory store whose changes are passed to `observe`, synchronously and in order. */
export function recordingStore(observe: (change: Change) => void, options: MemoryStoreOptions<KubeObject> = {}): Store<KubeObject> {
  const store = createMemoryStore<KubeObject>(options);
  const tell = (key: string, before: KubeObject | undefined, after: KubeObject | undefined, deleted: boolean): void => {
    // `after` is made only when the precondition held, and the memory store cannot fail from there on.
    if (!after) return;
    if (before === undefined) observe({ type: 'ADDED', key, object: after });
    else observe({ type: deleted ? 'DELETED' : 'MODIFIED', key, object: after, before });
  };
  return {
    get revision() {
      return store.revision;
    },
    get problem() {
      return store.problem;
    },
    get: (key) => store.get(key),
    list: (prefix, listOptions) => store.list(prefix, listOptions),
    count: (prefix) => store.count(prefix),
    put: (key, make, expected) => {
      const before = store.get(key)?.value;
      let after: KubeObject | undefined;
      const written = store.put(key, (revision) => (after = make(revision)), expected);
      tell(key, before, after, false);
      return written;
    },
    delete: (key, make, expected) => {
      const before = store.get(key)?.value;
      let after: KubeObject | undefined;
      const written = store.delete(key, (revision) => (after = make(revision)), expected);
      tell(key, before, after, true);
      return written;
    },
    watch: (prefix, after) => store.watch(prefix, after),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
  };
}

/** Whether a change is of this resource. */
export function isOf<T extends KubeObject>(change: Change, type: ResourceType<T>): change is Change & { readonly object: T } {
  return change.key.startsWith(`${type.group || 'core'}/${type.resource}/`);
}
