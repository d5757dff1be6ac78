// Who owns a claim, by the set's retention policy: what the garbage collector deletes with its owner.
import { controllerReference } from '@holdfast/controller';
import { type OwnerReference, type PersistentVolumeClaim, type Pod, PODS, type StatefulSet, STATEFULSETS } from '@holdfast/schema';

/**
 * The owner references that a claim should have, or undefined when it has them. `pod` is absent where it does not exist.
 * A claim that something else controls is left alone.
 */
export function claimOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  pod: Pod | undefined,
  condemned: boolean,
): readonly OwnerReference[] | undefined {
  const policy = set.spec?.persistentVolumeClaimRetentionPolicy;
  const current = claim.metadata.ownerReferences ?? [];
  const ours = (owner: OwnerReference): boolean => owner.uid === set.metadata.uid || (pod !== undefined && owner.uid === pod.metadata.uid);
  if (current.some((owner) => owner.controller && !ours(owner))) return undefined;
  const deleteWithSet = policy?.whenDeleted === 'Delete';
  const deleteWithPod = policy?.whenScaled === 'Delete' && condemned && pod !== undefined;
  const wanted: OwnerReference[] = [];
  if (deleteWithPod) wanted.push(controllerReference(pod, PODS));
  else if (deleteWithSet) wanted.push(controllerReference(set, STATEFULSETS));
  const next = [...current.filter((owner) => !ours(owner)), ...wanted];
  const same = next.length === current.length && next.every((owner) => current.some((other) => other.uid === owner.uid));
  return same ? undefined : next;
}
