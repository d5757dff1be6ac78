// Rules broken on purpose, one at a time, to see that the invariants notice: the controllers and the server themselves are whole.
import type { Client } from '@holdfast/client';
import type { ComponentContext, ComponentFactory, Informer, InformerEvent } from '@holdfast/controller';
import {
  type ApiHandler,
  type KubeObject,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  PODS,
  type ResourceType,
  type StatefulSet,
  STATEFULSETS,
} from '@holdfast/schema';
import { type ControllerEntry, controlPlaneComponents } from '../../cluster/components.ts';
import type { InvariantName } from './invariants/index.ts';

/** Makes a cluster wrong on purpose. */
export interface Sabotage {
  readonly controllers?: () => readonly ControllerEntry[];
  readonly wrapServer?: (handle: ApiHandler) => ApiHandler;
}

export type BrokenRule = Extract<InvariantName, 'order' | 'budget' | 'retain' | 'identity'>;

export const BROKEN_RULES: readonly BrokenRule[] = ['order', 'budget', 'retain', 'identity'];

/** A cluster in which one rule does not hold. */
export function breakRule(rule: BrokenRule): Sabotage {
  switch (rule) {
    case 'order':
      // The controller takes every set for a parallel one.
      return { controllers: () => replaced('statefulset-controller', withSetsAs(parallel)) };
    case 'budget':
      // The server deletes the pod without a look at budgets.
      return { wrapServer: evictWithoutAsking };
    case 'retain':
      // The controller deletes the volume that it should release.
      return { controllers: () => replaced('persistent-volume-binder', withClient(deleteReleased)) };
    case 'identity':
      // The controller does not wait until a pod has ended.
      return { controllers: () => replaced('statefulset-controller', withClient(deleteAtOnce)) };
  }
}

type Bend = (make: ComponentFactory) => ComponentFactory;

function replaced(account: string, bend: Bend): readonly ControllerEntry[] {
  return controlPlaneComponents({ caCertificate: '' }).map((entry) =>
    entry.account === account ? { account, make: bend(entry.make) } : entry,
  );
}

function withClient(change: (client: Client) => Partial<Client>): Bend {
  return (make) => (context) => make({ ...context, client: { ...context.client, ...change(context.client) } });
}

function deleteAtOnce(client: Client): Partial<Client> {
  return {
    delete: (type, key, options) =>
      client.delete(type, key, type.resource === PODS.resource ? { ...options, gracePeriodSeconds: 0 } : options),
  };
}

function deleteReleased(client: Client): Partial<Client> {
  return {
    updateStatus: async (type, object, options) => {
      const volume: PersistentVolume = object;
      if (type.resource === PERSISTENTVOLUMES.resource && volume.status?.phase === 'Released')
        await client.delete(type, { name: object.metadata.name ?? '' });
      return client.updateStatus(type, object, options);
    },
  };
}

function evictWithoutAsking(handle: ApiHandler): ApiHandler {
  return async (request) => {
    if (request.method !== 'POST' || !request.path.endsWith('/eviction')) return handle(request);
    const { body: _asked, ...rest } = request;
    return handle({ ...rest, method: 'DELETE', path: request.path.slice(0, -'/eviction'.length) });
  };
}

function parallel(set: StatefulSet): StatefulSet {
  return { ...set, spec: { ...set.spec, podManagementPolicy: 'Parallel' } as StatefulSet['spec'] };
}

function withSetsAs(bend: (set: StatefulSet) => StatefulSet): Bend {
  return (make) => (context) => {
    const { informers } = context;
    const bent: ComponentContext['informers'] = {
      ...informers,
      informer: <T extends KubeObject>(type: ResourceType<T>) => {
        const informer = informers.informer(type);
        // The resource says that T is StatefulSet here.
        return type.resource === STATEFULSETS.resource ? bentInformer(informer, bend as unknown as (object: T) => T) : informer;
      },
    };
    return make({ ...context, informers: bent });
  };
}

function bentInformer<T extends KubeObject>(informer: Informer<T>, bend: (object: T) => T): Informer<T> {
  const bentEvent = (event: InformerEvent<T>): InformerEvent<T> =>
    event.type === 'updated' ? { ...event, object: bend(event.object), old: bend(event.old) } : { ...event, object: bend(event.object) };
  return {
    type: informer.type,
    get: (key) => {
      const object = informer.get(key);
      return object && bend(object);
    },
    list: (namespace) => informer.list(namespace).map(bend),
    byIndex: (index, value) => informer.byIndex(index, value).map(bend),
    addIndex: (name, keys) => informer.addIndex(name, keys),
    addHandler: (handler, only) => informer.addHandler((event) => handler(bentEvent(event)), only),
    hasSynced: () => informer.hasSynced(),
    resourceVersion: () => informer.resourceVersion(),
    whenSynced: () => informer.whenSynced(),
  };
}
