// Rules broken on purpose, one at a time, to see that the invariants notice: the controllers and the server themselves are whole.
import type { Client } from '@holdfast/client';
import type { ComponentFactory } from '@holdfast/controller';
import {
  type ApiHandler,
  type Deployment,
  DEPLOYMENTS,
  ENDPOINTSLICES,
  type Job,
  JOBS,
  type KubeObject,
  type Namespace,
  NAMESPACES,
  PERSISTENTVOLUMECLAIMS,
  type PersistentVolumeClaim,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  PODS,
  type ResourceType,
  STATEFULSETS,
} from '@holdfast/schema';
import { type ControllerEntry, controlPlaneComponents } from '../../cluster/components.ts';
import { seeing } from './bent-informer.ts';
import type { History } from './history.ts';
import type { InvariantName } from './invariants/index.ts';
import type { WorkloadShape } from './workloads/index.ts';
import { NAMESPACE } from './workloads/pod-template.ts';
import { hasStorage } from './world.ts';

/** Makes a cluster wrong on purpose. */
export interface Sabotage {
  readonly controllers?: () => readonly ControllerEntry[];
  readonly wrapServer?: (handle: ApiHandler) => ApiHandler;
}

/** A rule for each invariant. */
export type BrokenRule = InvariantName;

type Bend = (make: ComponentFactory) => ComponentFactory;

const SABOTAGES: Readonly<Record<BrokenRule, () => Sabotage>> = {
  // The StatefulSet controller does not wait until a pod has ended.
  identity: () => bending('statefulset-controller', withClient(deletingAtOnce)),
  // The StatefulSet controller takes every set for a parallel one.
  order: () =>
    bending(
      'statefulset-controller',
      seeing(STATEFULSETS, (set) => ({ ...set, spec: { ...whole(set.spec), podManagementPolicy: 'Parallel' } })),
    ),
  // The volume controller deletes the volume that it should release.
  retain: () => bending('persistent-volume-binder', withClient(deletingReleased)),
  // The volume controller takes a volume from the claim that it has just bound.
  binding: () => bending('persistent-volume-binder', withClient(unbinding)),
  // The server deletes the pod without a look at budgets.
  budget: () => ({ wrapServer: evictingUnasked }),
  // The Deployment controller takes every rollout for one that may double the pods.
  surge: () => bending('deployment-controller', rollingAs({ maxSurge: '100%' })),
  // … for one that needs none of them.
  available: () => bending('deployment-controller', rollingAs({ maxUnavailable: '100%' })),
  // The DaemonSet controller makes every pod twice.
  daemons: () => bending('daemon-set-controller', withClient(creatingTwice)),
  // The Job controller lets pods go without noting them as uncounted.
  jobs: () => bending('job-controller', withClient(notingNothing)),
  // The namespace controller takes the namespace for one that is being deleted.
  kept: () => bending('namespace-controller', emptying),
  // The EndpointSlice controller never changes a slice that it has made.
  endpoints: () => bending('endpointslice-controller', withClient(keeping(ENDPOINTSLICES))),
  // The protection of claims never takes its finalizer off.
  finalizers: () => bending('pvc-protection-controller', withClient(keeping(PERSISTENTVOLUMECLAIMS))),
  // The StatefulSet controller says nothing of what it has done.
  convergence: () => bending('statefulset-controller', withClient(keepingStatus)),
  // The StatefulSet controller makes each set smaller when it starts again.
  restart: () => bending('statefulset-controller', shrinkingAtStart),
  // The StatefulSet controller notes in each set that it has seen it, and so sees it again.
  bugs: () => bending('statefulset-controller', notingWithoutEnd),
};

/** What a world or a history must have for a broken rule to make a difference; absent: nothing in particular. */
const CONCERNS: Readonly<Partial<Record<BrokenRule, (history: History) => boolean>>> = {
  retain: ({ world }) => hasStorage(world),
  binding: ({ world }) => hasStorage(world),
  finalizers: ({ world }) => hasStorage(world),
  surge: has('Deployment'),
  available: has('Deployment'),
  daemons: has('DaemonSet'),
  jobs: has('Job'),
  restart: ({ restart }) => restart !== undefined,
  bugs: has('StatefulSet'),
};

/** Whether a broken rule could show in a history: the others need not be run to look for it. */
export function concerns(rule: BrokenRule, history: History): boolean {
  return CONCERNS[rule]?.(history) ?? true;
}

function has(kind: WorkloadShape['kind']): (history: History) => boolean {
  return ({ world }) => world.workloads.some((shape) => shape.kind === kind);
}

// The keys of a record are its type's.
export const BROKEN_RULES = Object.keys(SABOTAGES) as readonly BrokenRule[];

/** A cluster in which one rule does not hold. */
export function breakRule(rule: BrokenRule): Sabotage {
  return SABOTAGES[rule]();
}

function bending(account: string, bend: Bend): Sabotage {
  const controllers = (): readonly ControllerEntry[] =>
    controlPlaneComponents({ caCertificate: '' }).map((entry) => (entry.account === account ? { account, make: bend(entry.make) } : entry));
  return { controllers };
}

function withClient(change: (client: Client) => Partial<Client>): Bend {
  return (make) => (context) => make({ ...context, client: { ...context.client, ...change(context.client) } });
}

function whole<T>(spec: T | undefined): T {
  if (spec === undefined) throw new Error('an object without spec');
  return spec;
}

/** Makes a controller see every rollout as one with other limits; what it writes has the limits that there are. */
function rollingAs(change: { readonly maxSurge?: string; readonly maxUnavailable?: string }): Bend {
  const see = seeing(DEPLOYMENTS, (deployment: Deployment) => {
    const spec = whole(deployment.spec);
    if (spec.strategy?.type !== 'RollingUpdate') return deployment;
    return {
      ...deployment,
      spec: { ...spec, strategy: { ...spec.strategy, rollingUpdate: { ...spec.strategy.rollingUpdate, ...change } } },
    };
  });
  const write = withClient((client) => ({
    update: async (type, object, options) => {
      if (type.resource !== DEPLOYMENTS.resource) return client.update(type, object, options);
      const { namespace, name = '' } = object.metadata;
      return client.update(type, { ...(await client.get(type, { namespace, name })), metadata: object.metadata }, options);
    },
  }));
  return (make) => write(see(make));
}

/** Whatever the controller looks at, its cache or the server. */
function emptying(make: ComponentFactory): ComponentFactory {
  const bend = (namespace: Namespace): Namespace =>
    namespace.metadata.name === NAMESPACE
      ? { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: namespace.metadata.creationTimestamp } }
      : namespace;
  const look = withClient((client) => ({
    get: async (type, key, options) => {
      const object = await client.get(type, key, options);
      return type.resource === NAMESPACES.resource ? (bend(object) as typeof object) : object;
    },
  }));
  return seeing(NAMESPACES, bend)(look(make));
}

function deletingAtOnce(client: Client): Partial<Client> {
  return {
    delete: (type, key, options) =>
      client.delete(type, key, type.resource === PODS.resource ? { ...options, gracePeriodSeconds: 0 } : options),
  };
}

function deletingReleased(client: Client): Partial<Client> {
  return {
    updateStatus: async (type, object, options) => {
      const volume: PersistentVolume = object;
      if (type.resource === PERSISTENTVOLUMES.resource && volume.status?.phase === 'Released')
        await client.delete(type, { name: object.metadata.name ?? '' });
      return client.updateStatus(type, object, options);
    },
  };
}

function unbinding(client: Client): Partial<Client> {
  return {
    updateStatus: async (type, object, options) => {
      const written = await client.updateStatus(type, object, options);
      const claim: PersistentVolumeClaim = object;
      const volume =
        type.resource === PERSISTENTVOLUMECLAIMS.resource && claim.status?.phase === 'Bound' ? claim.spec?.volumeName : undefined;
      if (volume !== undefined)
        await client.patch(PERSISTENTVOLUMES, { name: volume }, { type: 'merge', body: { spec: { claimRef: null } } });
      return written;
    },
  };
}

function creatingTwice(client: Client): Partial<Client> {
  return {
    create: async (type, object, options) => {
      if (type.resource === PODS.resource) await client.create(type, object, options);
      return client.create(type, object, options);
    },
  };
}

function notingNothing(client: Client): Partial<Client> {
  return {
    updateStatus: (type, object, options) => {
      if (type.resource !== JOBS.resource) return client.updateStatus(type, object, options);
      const { status }: Job = object;
      return client.updateStatus(
        type,
        { ...object, status: { ...status, uncountedTerminatedPods: {}, completedIndexes: undefined } },
        options,
      );
    },
  };
}

/** Answers updates of a kind as if they had been made. */
function keeping(kept: ResourceType<KubeObject>): (client: Client) => Partial<Client> {
  return (client) => ({
    update: (type, object, options) => (type.resource === kept.resource ? Promise.resolve(object) : client.update(type, object, options)),
    patch: (type, key, patch, options) =>
      type.resource === kept.resource ? client.get(type, key) : client.patch(type, key, patch, options),
  });
}

function keepingStatus(): Partial<Client> {
  return { updateStatus: (_type, object) => Promise.resolve(object) };
}

function shrinkingAtStart(make: ComponentFactory): ComponentFactory {
  return (context) => {
    const { client } = context;
    const component = make(context);
    return {
      name: component.name,
      stopped: () => component.stopped(),
      start: async (...args) => {
        for (const { metadata, spec } of (await client.list(STATEFULSETS)).items) {
          const body = { spec: { replicas: Math.max(0, (spec?.replicas ?? 1) - 1) } };
          await client.patch(STATEFULSETS, { namespace: metadata.namespace, name: metadata.name ?? '' }, { type: 'merge', body });
        }
        return component.start(...args);
      },
    };
  };
}

function notingWithoutEnd(make: ComponentFactory): ComponentFactory {
  return (context) => {
    const { client, informers, log } = context;
    informers.informer(STATEFULSETS).addHandler(({ type, object: { metadata } }) => {
      if (type === 'deleted') return;
      const body = { metadata: { annotations: { seen: metadata.resourceVersion } } };
      client
        .patch(STATEFULSETS, { namespace: metadata.namespace, name: metadata.name ?? '' }, { type: 'merge', body })
        .catch((err: unknown) => log.warn({ err }, 'could not note a set'));
    });
    return make(context);
  };
}

function evictingUnasked(handle: ApiHandler): ApiHandler {
  return async (request) => {
    if (request.method !== 'POST' || !request.path.endsWith('/eviction')) return handle(request);
    const { body: _asked, ...rest } = request;
    return handle({ ...rest, method: 'DELETE', path: request.path.slice(0, -'/eviction'.length) });
  };
}
