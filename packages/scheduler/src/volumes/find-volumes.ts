// Which volumes a pod would get on a node: pure, given the caches.
import {
  claimNamesOf,
  controllerOf,
  findMatchingVolume,
  isDelayedBinding,
  isFullyBound,
  isVolumeUsableOn,
  NO_PROVISIONER,
  requestedStorage,
  SELECTED_NODE,
} from '@holdfast/controller';
import {
  labelSelector,
  type Node,
  parseQuantity,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type StorageClass,
} from '@holdfast/schema';
import type { StorageView } from './storage-view.ts';

export const AFFINITY_CONFLICT = 'node(s) had volume node affinity conflict';
export const NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind";
export const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
export const VOLUME_GONE = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** The claims of a pod, by what is left to do for them. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** WaitForFirstConsumer, smallest request first. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** To be bound by the binder before the pod can be placed. */
  readonly immediate: readonly PersistentVolumeClaim[];
}

/** Where a pod's unbound claims would come from on one node. */
export interface VolumePlan {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

/** A reason why the pod can run nowhere, in upstream's words, or its claims. */
export function claimsOf(pod: Pod, view: StorageView): PodClaims | string {
  const found: PersistentVolumeClaim[] = [];
  for (const name of claimNamesOf(pod)) {
    const claim = view.claims.get({ namespace: pod.metadata.namespace, name });
    const problem = problemOf(pod, name, claim);
    if (problem !== undefined || !claim) return problem ?? '';
    found.push(claim);
  }
  const bound = found.filter(isFullyBound);
  const unbound = found.filter((claim) => !isFullyBound(claim));
  // A claim whose volume the user named is the binder's business, whatever its class says.
  const isDelayed = (claim: PersistentVolumeClaim): boolean => isDelayedBinding(view.classOf(claim)) && !claim.spec?.volumeName;
  return { bound, delayed: unbound.filter(isDelayed).toSorted(bySize), immediate: unbound.filter((claim) => !isDelayed(claim)) };
}

/** The plan for a node, or why there is none. */
export function planVolumes({ bound, delayed }: PodClaims, node: Node, view: StorageView): VolumePlan | readonly string[] {
  const reasons = boundReasons(bound, node, view);
  const plan = planUnbound(delayed, node, view);
  if (typeof plan === 'string') return [...reasons, plan];
  return reasons.length > 0 ? reasons : plan;
}

function problemOf(pod: Pod, name: string, claim: PersistentVolumeClaim | undefined): string | undefined {
  const ephemeral = pod.spec?.volumes?.some((volume) => volume.ephemeral && `${pod.metadata.name}-${volume.name}` === name) ?? false;
  if (!claim) {
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  }
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
  if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
  if (ephemeral && controllerOf(claim)?.uid !== pod.metadata.uid) {
    return `PVC ${claim.metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
  }
  return undefined;
}

function boundReasons(bound: readonly PersistentVolumeClaim[], node: Node, view: StorageView): readonly string[] {
  for (const claim of bound) {
    const volume = view.volumes.get({ name: claim.spec?.volumeName ?? '' });
    if (!volume) return [VOLUME_GONE];
    if (!isVolumeUsableOn(volume, node)) return [AFFINITY_CONFLICT];
  }
  return [];
}

function planUnbound(delayed: readonly PersistentVolumeClaim[], node: Node, view: StorageView): VolumePlan | string {
  const bindings: { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[] = [];
  const provisions: PersistentVolumeClaim[] = [];
  const excluded = new Set<string>();
  for (const claim of delayed) {
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    // Provisioning for a node has begun; another node would leave a volume behind.
    if (selected !== undefined && selected !== node.metadata.name) return NOTHING_TO_BIND;
    const volume =
      selected === undefined ? findMatchingVolume({ claim, volumes: view.candidates(claim), node, excluded, delayed: true }) : undefined;
    if (volume) {
      bindings.push({ claim, volume });
      excluded.add(volume.metadata.name ?? '');
      continue;
    }
    const refusal = whyNotProvision(claim, node, view);
    if (refusal !== undefined) return refusal;
    provisions.push(claim);
  }
  return { bindings, provisions };
}

function whyNotProvision(claim: PersistentVolumeClaim, node: Node, view: StorageView): string | undefined {
  const storageClass = view.classOf(claim);
  const provisioner = storageClass?.provisioner ?? '';
  if (!storageClass || provisioner === '' || provisioner === NO_PROVISIONER) return NOTHING_TO_BIND;
  if (!inAllowedTopology(storageClass, node)) return NOTHING_TO_BIND;
  return hasCapacity(claim, storageClass, node, view) ? undefined : NOT_ENOUGH_SPACE;
}

function inAllowedTopology({ allowedTopologies }: StorageClass, { metadata }: Node): boolean {
  if (!allowedTopologies || allowedTopologies.length === 0) return true;
  const labels = metadata.labels ?? {};
  return allowedTopologies.some((term) =>
    (term.matchLabelExpressions ?? []).every(({ key, values }) => Object.hasOwn(labels, key) && values?.includes(labels[key] ?? '')),
  );
}

/** Only drivers that publish their capacity are asked for it. */
function hasCapacity(claim: PersistentVolumeClaim, { metadata, provisioner = '' }: StorageClass, node: Node, view: StorageView): boolean {
  if (!view.drivers.get({ name: provisioner })?.spec?.storageCapacity) return true;
  const wanted = requestedStorage(claim);
  return view.capacities
    .list()
    .some(
      ({ storageClassName, nodeTopology, maximumVolumeSize, capacity }) =>
        storageClassName === metadata.name &&
        labelSelector(nodeTopology).matches(node.metadata.labels) &&
        (maximumVolumeSize ?? capacity) !== undefined &&
        parseQuantity(maximumVolumeSize ?? capacity ?? '0').bigValue() >= wanted,
    );
}

function bySize(a: PersistentVolumeClaim, b: PersistentVolumeClaim): number {
  const [x, y] = [requestedStorage(a), requestedStorage(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
