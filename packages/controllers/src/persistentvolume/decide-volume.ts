// What is to be done for one volume: pure. The order of the checks is upstream's (pv_controller, syncVolume).
import { BOUND_BY_CONTROLLER, hasAnnotation, PROVISIONED_BY, sameVolumeMode } from '@holdfast/controller';
import type { PersistentVolume, PersistentVolumeClaim } from '@holdfast/schema';

export type VolumeDecision =
  | { readonly kind: 'phase'; readonly phase: 'Available' | 'Bound' }
  /** Its claim is gone: Released, then what the reclaim policy says. */
  | { readonly kind: 'release' }
  /** The claim's own pass completes the binding. */
  | { readonly kind: 'askClaim' }
  /** Reserved for a claim that can never use it. */
  | { readonly kind: 'modeMismatch' }
  /** Its claim took another volume: give it back. */
  | { readonly kind: 'unbind' };

/** `claim`: the one that claimRef names, if it exists and has the uid that claimRef asks for. */
export function decideVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeDecision {
  const reference = volume.spec?.claimRef;
  if (!reference || !reference.uid) return { kind: 'phase', phase: 'Available' };
  if (!claim || claim.metadata.uid !== reference.uid) return { kind: 'release' };
  const boundTo = claim.spec?.volumeName;
  if (!boundTo) return sameVolumeMode(claim, volume) ? { kind: 'askClaim' } : { kind: 'modeMismatch' };
  if (boundTo === volume.metadata.name) return { kind: 'phase', phase: 'Bound' };
  const provisioned = hasAnnotation(volume, PROVISIONED_BY) && volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
  return provisioned ? { kind: 'release' } : { kind: 'unbind' };
}

/** The volume without its reservation: all of it where a controller made it, the uid only where the user did. */
export function withoutReservation(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec ?? {};
  if (!hasAnnotation(volume, BOUND_BY_CONTROLLER)) {
    const { uid: _uid, resourceVersion: _revision, ...reference } = claimRef ?? {};
    return { ...volume, spec: { ...spec, claimRef: reference } };
  }
  const { [BOUND_BY_CONTROLLER]: _mark, ...annotations } = volume.metadata.annotations ?? {};
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec };
}

export type Reclaim =
  /** Nothing: the data is kept, or somebody outside deletes volume and object. */
  { readonly kind: 'leave' } | { readonly kind: 'fail'; readonly reason: string; readonly message: string };

/** What becomes of a released volume. Nothing here ever deletes data: what could, is an external provisioner's work. */
export function decideReclaim(volume: PersistentVolume): Reclaim {
  const { name = '' } = volume.metadata;
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
    case undefined:
      return { kind: 'leave' };
    case 'Delete':
      return decideDelete(volume, name);
    case 'Recycle':
      return { kind: 'fail', reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' };
    default:
      return { kind: 'fail', reason: 'VolumeUnknownReclaimPolicy', message: 'Volume has an unrecognized PersistentVolumeReclaimPolicy' };
  }
}

function decideDelete({ metadata, spec }: PersistentVolume, name: string): Reclaim {
  const provisioner = metadata.annotations?.[PROVISIONED_BY];
  if ((provisioner !== undefined && !provisioner.startsWith('kubernetes.io/')) || spec?.csi) return { kind: 'leave' };
  // Upstream's controller manager really removes such a folder below /tmp on its own machine; that is no node of ours.
  const why = spec?.hostPath
    ? `host_path deleter only supports /tmp/.+ but received provided ${spec.hostPath.path}`
    : `error getting deleter volume plugin for volume "${name}": no volume plugin matched`;
  return { kind: 'fail', reason: 'VolumeFailedDelete', message: why };
}
