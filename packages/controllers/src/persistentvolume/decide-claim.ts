// What is to be done for one claim: pure. The order of the checks is upstream's (pv_controller, syncClaim).
import {
  classOfClaim,
  defaultClass,
  findBestVolume,
  hasAccessModes,
  hasAnnotation,
  isClassUnsaid,
  isDelayedBinding,
  isVolumeReservedFor,
  requestedStorage,
  sameVolumeMode,
  storageOf,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOfVolume,
  NO_PROVISIONER,
  SELECTED_NODE,
} from '@holdfast/controller';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '@holdfast/schema';

/** What the binder knows when it looks at a claim. */
export interface ClaimView {
  readonly claim: PersistentVolumeClaim;
  /** The volume that spec.volumeName names. */
  readonly named: PersistentVolume | undefined;
  /** Volumes that may match: those of the claim's class and those reserved for the claim. */
  readonly candidates: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  /** Names of pods that use the claim, have not ended and are on no node yet. */
  readonly unscheduledPods: readonly string[];
}

/** An event about the claim. */
export interface ClaimEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type ClaimDecision =
  /** Write both sides; each write is skipped where it is done already. */
  | { readonly kind: 'bind'; readonly volume: PersistentVolume }
  /** Stay Pending; look again when something changes. */
  | { readonly kind: 'wait'; readonly event?: ClaimEvent }
  /** Hand the claim to whoever provisions for its class. */
  | { readonly kind: 'provision'; readonly provisioner: string; readonly event: ClaimEvent }
  /** The claim named no class and now there is a default one. */
  | { readonly kind: 'setClass'; readonly className: string }
  /** The binding is broken for good; the event is emitted when the phase changes. */
  | { readonly kind: 'lost'; readonly event: ClaimEvent };

export function decideClaim(view: ClaimView): ClaimDecision {
  return hasAnnotation(view.claim, BIND_COMPLETED) ? decideBound(view) : decideUnbound(view);
}

/** Binding was completed once: from now on every loss is reported and never mended with another volume. */
function decideBound({ claim, named }: ClaimView): ClaimDecision {
  if (!claim.spec?.volumeName) return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  if (!named) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const reference = named.spec?.claimRef;
  if (!reference || reference.uid === claim.metadata.uid) return { kind: 'bind', volume: named };
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function decideUnbound(view: ClaimView): ClaimDecision {
  return view.claim.spec?.volumeName ? decidePrebound(view) : decideFree(view);
}

/** The user named the volume. */
function decidePrebound({ claim, named: volume }: ClaimView): ClaimDecision {
  if (!volume) return { kind: 'wait' };
  const { name } = volume.metadata;
  if (!volume.spec?.claimRef) {
    const mismatch = whyNot(claim, volume);
    if (mismatch === undefined) return { kind: 'bind', volume };
    return wait('Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${mismatch}`);
  }
  if (isVolumeReservedFor(volume, claim)) return { kind: 'bind', volume };
  if (hasAnnotation(claim, BOUND_BY_CONTROLLER)) {
    throw new Error(
      `invalid binding of claim "${keyOf(claim)}" to volume "${name}": volume already claimed by "${volume.spec.claimRef.namespace}/${volume.spec.claimRef.name}"`,
    );
  }
  return wait('Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`);
}

function decideFree({ claim, candidates, classes, unscheduledPods }: ClaimView): ClaimDecision {
  const className = classOfClaim(claim);
  const storageClass = classes.find(({ metadata }) => metadata.name === className);
  const delayed = isDelayedBinding(storageClass);
  const volume = findBestVolume({ claim, volumes: candidates, delayed });
  if (volume) return { kind: 'bind', volume };
  const fallback = isClassUnsaid(claim) ? defaultClass(classes)?.metadata.name : undefined;
  if (fallback !== undefined) return { kind: 'setClass', className: fallback };
  if (delayed && !hasAnnotation(claim, SELECTED_NODE)) return waitForConsumer(unscheduledPods);
  if (className !== '') return provision(className, storageClass);
  return wait('Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
}

function waitForConsumer(pods: readonly string[]): ClaimDecision {
  if (pods.length === 0) return wait('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  return wait('Normal', 'WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`);
}

/** In-tree provisioners do not exist here; everything else is somebody outside. */
function provision(className: string, storageClass: StorageClass | undefined): ClaimDecision {
  if (!storageClass) return wait('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  const provisioner = storageClass.provisioner ?? '';
  if (provisioner === NO_PROVISIONER || provisioner.startsWith('kubernetes.io/')) {
    return wait('Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { kind: 'provision', provisioner, event: { type: 'Normal', reason: 'ExternalProvisioning', message } };
}

/** Why a volume that the user asked for by name cannot be had; selectors are not looked at. */
function whyNot(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (storageOf(volume) < requestedStorage(claim)) return 'requested PV is too small';
  if (volume.metadata.deletionTimestamp !== undefined) return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match';
  if (!sameVolumeMode(claim, volume)) return 'incompatible volumeMode';
  return hasAccessModes(claim, volume) ? undefined : 'incompatible accessMode';
}

function wait(type: ClaimEvent['type'], reason: string, message: string): ClaimDecision {
  return { kind: 'wait', event: { type, reason, message } };
}

function lost(reason: string, message: string): ClaimDecision {
  return { kind: 'lost', event: { type: 'Warning', reason, message } };
}

function keyOf({ metadata }: PersistentVolumeClaim): string {
  return `${metadata.namespace}/${metadata.name}`;
}
