// What claims and volumes say about themselves: the vocabulary that the binder, the scheduler and provisioners share.
import { parseQuantity, type PersistentVolume, type PersistentVolumeClaim, type Pod, type StorageClass } from '@holdfast/schema';

/** On a claim: binding finished once; losing the volume from then on means that the claim is Lost. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** On a claim or a volume: the other side was chosen by a controller and not by the user, so it may be taken back. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** On a claim: the node that the scheduler chose for its first pod; set for provisioners. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** On a claim: who shall provision its volume. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const STORAGE_PROVISIONER_BETA = 'volume.beta.kubernetes.io/storage-provisioner';
/** On a volume: who provisioned it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** On a StorageClass: the class of claims that name none. */
export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
/** The older way to name a class, on claims and volumes; it wins over the field. */
export const CLASS_BETA = 'volume.beta.kubernetes.io/storage-class';
/** The provisioner of classes whose volumes are made by hand or by a static provisioner. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export function hasAnnotation({ metadata }: PersistentVolume | PersistentVolumeClaim, name: string): boolean {
  return metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, name);
}

/** The claim's class; '' for none, whether said or not. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_BETA] ?? spec?.storageClassName ?? '';
}

/** The volume's class; '' for none. */
export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[CLASS_BETA] ?? spec?.storageClassName ?? '';
}

/** Whether the claim says nothing about its class, so that a default class may be filled in. '' says: none. */
export function isClassUnsaid({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[CLASS_BETA] === undefined && (spec?.storageClassName === undefined || spec.storageClassName === null);
}

/** Whether the class waits for a pod before its claims are bound. A class that does not exist does not wait. */
export function isDelayedBinding(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Whether binding has been completed: both the volume's name and the mark are there. */
export function isFullyBound(claim: PersistentVolumeClaim): boolean {
  return Boolean(claim.spec?.volumeName) && hasAnnotation(claim, BIND_COMPLETED);
}

/** Whether the volume is reserved for this claim: by name, and by uid where the reservation has one. */
export function isVolumeReservedFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef;
  if (!reference || reference.name !== metadata.name || reference.namespace !== metadata.namespace) return false;
  return !reference.uid || reference.uid === metadata.uid;
}

/** The volume with the claim's full reference; the same object where it has it. Marked when nobody had reserved it before. */
export function reserveVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  if (isVolumeReservedFor(volume, claim) && volume.spec?.claimRef?.uid) return volume;
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
  const mark: Readonly<Record<string, string>> = volume.spec?.claimRef ? {} : { [BOUND_BY_CONTROLLER]: 'yes' };
  const annotations = { ...volume.metadata.annotations, ...mark };
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
}

/** Bytes asked for. */
export function requestedStorage(claim: PersistentVolumeClaim): bigint {
  return parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0').bigValue();
}

/** Bytes that the volume has. */
export function storageOf(volume: PersistentVolume): bigint {
  return parseQuantity(volume.spec?.capacity?.['storage'] ?? '0').bigValue();
}

/** Names of the claims that a pod uses, generic ephemeral volumes included. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [`${metadata.name ?? ''}-${volume.name}`] : [];
  });
}

/** The default class: the newest one that says so, then by name (upstream's order). */
export function defaultClass(classes: readonly StorageClass[]): StorageClass | undefined {
  return classes
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
    .toSorted(
      (a, b) => compareText(b.metadata.creationTimestamp, a.metadata.creationTimestamp) || compareText(a.metadata.name, b.metadata.name),
    )[0];
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
