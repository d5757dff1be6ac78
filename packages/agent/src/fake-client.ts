// TEMPORARY: stands in for the API server in this package's tests until createApiServer is there.
import type { Client, DeleteOptions, ListOptions, WatchEvent, WatchOptions } from '@holdfast/client';
import { type Clock, timestamp } from '@holdfast/clock';
import {
  alreadyExists,
  apiVersionOf,
  conflict,
  deepFreeze,
  type KubeObject,
  notFound,
  type ObjectKey,
  PODS,
  type ResourceType,
} from '@holdfast/schema';

export function fakeClient(clock: Clock): Client {
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<{ type: ResourceType; push: (event: WatchEvent<KubeObject>) => void }>();
  let rv = 1;
  let uid = 0;
  const key = (type: ResourceType, { namespace, name }: ObjectKey): string =>
    `${type.group}/${type.resource}/${type.namespaced ? namespace : ''}/${name}`;
  const emit = (type: ResourceType, event: WatchEvent<KubeObject>): void => {
    for (const watcher of watchers) if (watcher.type.resource === type.resource && watcher.type.group === type.group) watcher.push(event);
  };
  const put = (type: ResourceType, object: KubeObject, event: 'ADDED' | 'MODIFIED'): KubeObject => {
    const stored = deepFreeze({
      ...object,
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: { ...object.metadata, resourceVersion: String(++rv) },
    });
    objects.set(key(type, { namespace: object.metadata.namespace, name: object.metadata.name ?? '' }), stored);
    emit(type, { type: event, object: stored });
    return stored;
  };
  const need = (type: ResourceType, at: ObjectKey): KubeObject => {
    const found = objects.get(key(type, at));
    if (!found) throw notFound(type, at.name);
    return found;
  };
  const keyOf = ({ metadata }: KubeObject): ObjectKey => ({ namespace: metadata.namespace, name: metadata.name ?? '' });
  const client = {
    get: async (type: ResourceType, at: ObjectKey) => need(type, at),
    list: async (type: ResourceType, options?: ListOptions) => ({
      metadata: { resourceVersion: String(rv) },
      items: [...objects.entries()]
        .filter(
          ([k, o]) =>
            k.startsWith(`${type.group}/${type.resource}/`) && (!options?.namespace || o.metadata.namespace === options.namespace),
        )
        .map(([, o]) => o),
    }),
    async *watch(type: ResourceType, options?: WatchOptions): AsyncIterable<WatchEvent<KubeObject>> {
      const queue: WatchEvent<KubeObject>[] = [];
      let wake: () => void = () => undefined;
      const watcher = {
        type,
        push: (event: WatchEvent<KubeObject>) => {
          queue.push(event);
          wake();
        },
      };
      watchers.add(watcher);
      options?.signal?.addEventListener('abort', () => wake());
      try {
        while (!options?.signal?.aborted) {
          const event = queue.shift();
          if (event) yield event;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        watchers.delete(watcher);
      }
    },
    create: async (type: ResourceType, object: KubeObject) => {
      if (objects.has(key(type, keyOf(object)))) throw alreadyExists(type, object.metadata.name ?? '');
      return put(type, { ...object, metadata: { ...object.metadata, uid: `uid-${++uid}`, creationTimestamp: timestamp(clock) } }, 'ADDED');
    },
    update: async (type: ResourceType, object: KubeObject) => {
      const old = need(type, keyOf(object));
      if (object.metadata.resourceVersion && object.metadata.resourceVersion !== old.metadata.resourceVersion)
        throw conflict(type, object.metadata.name ?? '');
      return put(type, object, 'MODIFIED');
    },
    updateStatus: async (type: ResourceType, object: KubeObject & { status?: unknown }) => {
      const old = need(type, keyOf(object));
      if (object.metadata.resourceVersion && object.metadata.resourceVersion !== old.metadata.resourceVersion)
        throw conflict(type, object.metadata.name ?? '');
      return put(type, { ...old, status: object.status } as KubeObject, 'MODIFIED');
    },
    patch: async (type: ResourceType, at: ObjectKey) => need(type, at),
    delete: async (type: ResourceType, at: ObjectKey, options?: DeleteOptions) => {
      const old = need(type, at);
      if (options?.preconditions?.uid && options.preconditions.uid !== old.metadata.uid) throw conflict(type, at.name);
      const grace = options?.gracePeriodSeconds ?? 30;
      if (type.resource === PODS.resource && grace > 0) {
        return put(
          type,
          { ...old, metadata: { ...old.metadata, deletionTimestamp: timestamp(clock), deletionGracePeriodSeconds: grace } },
          'MODIFIED',
        );
      }
      objects.delete(key(type, at));
      emit(type, { type: 'DELETED', object: old });
      return old;
    },
  };
  return client as unknown as Client;
}
