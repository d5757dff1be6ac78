// How many pods there are meant to be: the scales of the pods' controllers, each counted once.
import type { Client } from '@holdfast/client';
import { type ComponentContext, controllerOf } from '@holdfast/controller';
import {
  DEPLOYMENTS,
  ignoreNotFound,
  isRecord,
  type OwnerReference,
  parseApiVersion,
  type Pod,
  REPLICASETS,
  REPLICATIONCONTROLLERS,
  type ResourceType,
  STATEFULSETS,
} from '@holdfast/schema';

/** The sum, and the pods that no controller looks after. */
export interface ExpectedScale {
  readonly scale: number;
  readonly unmanaged: readonly string[];
}

interface Scaled {
  readonly uid: string;
  readonly replicas: number;
}

/** Finds scales in the caches where the kind is known, else through the scale subresource. */
export function scaleFinder({
  informers,
  client,
}: Pick<ComponentContext, 'informers' | 'client'>): (pods: readonly Pod[]) => Promise<ExpectedScale> {
  const statefulSets = informers.informer(STATEFULSETS);
  const replicaSets = informers.informer(REPLICASETS);
  const deployments = informers.informer(DEPLOYMENTS);
  const replicationControllers = informers.informer(REPLICATIONCONTROLLERS);

  async function find(namespace: string | undefined, owner: OwnerReference): Promise<Scaled | undefined> {
    const { group } = parseApiVersion(owner.apiVersion);
    const key = { namespace, name: owner.name };
    if (group === 'apps' && owner.kind === 'StatefulSet') return scaledOf(statefulSets.get(key), owner.uid);
    if (group === '' && owner.kind === 'ReplicationController') return scaledOf(replicationControllers.get(key), owner.uid);
    if (group === 'apps' && owner.kind === 'ReplicaSet') {
      const replicaSet = replicaSets.get(key);
      const parent = replicaSet && controllerOf(replicaSet);
      // During a rollout a Deployment has two sets; what counts is the whole.
      if (replicaSet?.metadata.uid === owner.uid && parent?.kind === 'Deployment') {
        return scaledOf(deployments.get({ namespace, name: parent.name }), parent.uid);
      }
      return scaledOf(replicaSet, owner.uid);
    }
    return scaleSubresource(client, namespace, owner);
  }

  return async (pods) => {
    const seen = new Set<string>();
    const counted = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (!owner) {
        unmanaged.push(pod.metadata.name ?? '');
        continue;
      }
      if (seen.has(owner.uid)) continue;
      const found = await find(pod.metadata.namespace, owner);
      if (!found) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
      seen.add(owner.uid);
      counted.set(found.uid, found.replicas);
    }
    return { scale: [...counted.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged };
  };
}

function scaledOf(
  object:
    | { readonly metadata: { readonly uid?: string | undefined }; readonly spec?: { readonly replicas?: number | undefined } | undefined }
    | undefined,
  uid: string,
): Scaled | undefined {
  return object?.metadata.uid === uid ? { uid, replicas: object.spec?.replicas ?? 1 } : undefined;
}

/** Any other kind: its resource by discovery, its size by the scale subresource. */
async function scaleSubresource(client: Client, namespace: string | undefined, owner: OwnerReference): Promise<Scaled | undefined> {
  const { group, version } = parseApiVersion(owner.apiVersion);
  const listed = await client.raw(group === '' ? `/api/${version}` : `/apis/${group}/${version}`).catch(ignoreNotFound);
  const resources = isRecord(listed) && Array.isArray(listed.resources) ? listed.resources.filter(isRecord) : [];
  const resource = resources.find(({ kind, name }) => kind === owner.kind && typeof name === 'string' && !name.includes('/'))?.name;
  if (typeof resource !== 'string') return undefined;
  if (!resources.some(({ name }) => name === `${resource}/scale`)) {
    throw new Error(`${resource}${group === '' ? '' : `.${group}`} does not implement the scale subresource`);
  }
  const type: ResourceType = { group, version, resource, kind: owner.kind, namespaced: true };
  const scale = await client.getSubresource(type, { namespace, name: owner.name }, 'scale').catch(ignoreNotFound);
  if (!scale || scale.metadata.uid !== owner.uid || !('spec' in scale) || !isRecord(scale.spec)) return undefined;
  return { uid: owner.uid, replicas: typeof scale.spec.replicas === 'number' ? scale.spec.replicas : 0 };
}
