// Strategies of volumes, claims and what belongs to them.
import { formatTime } from '@holdfast/clock';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  KubeObject,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '@holdfast/schema';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from '../validation/kinds/persistent-volume-claim.ts';
import { validateVolume, validateVolumeUpdate } from '../validation/kinds/persistent-volume.ts';
import {
  validateCsiDriver,
  validateCsiDriverUpdate,
  validateCsiNode,
  validateCsiNodeUpdate,
  validateStorageCapacity,
  validateStorageCapacityUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
  validateVolumeAttachment,
  validateVolumeAttachmentStatus,
  validateVolumeAttachmentUpdate,
} from '../validation/kinds/storage.ts';
import { claimWarnings, volumeWarnings } from '../validation/warnings.ts';
import { checked, checkedUpdate } from './checked.ts';
import { withoutStatus, withStatus } from './families.ts';
import { plainStrategy, type Strategy } from './strategy.ts';

const persistentVolume: Strategy = {
  ...withStatus,
  prepareForCreate: (object, { clock }) =>
    ({ ...object, status: { phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now()) } }) as KubeObject,
  prepareForStatusUpdate: (object, old, { clock }) => {
    const [next, before] = [object as PersistentVolume, old as PersistentVolume];
    if (next.status?.phase === before.status?.phase) return object;
    return { ...next, status: { ...next.status, lastPhaseTransitionTime: formatTime(clock.now()) } } as KubeObject;
  },
  validate: checked<PersistentVolume>(validateVolume),
  validateUpdate: checkedUpdate<PersistentVolume>(validateVolumeUpdate),
  warnings: (object) => volumeWarnings(object as PersistentVolume),
};

const persistentVolumeClaim: Strategy = {
  ...withStatus,
  prepareForCreate: (object) => ({ ...object, status: { phase: 'Pending' } }) as KubeObject,
  validate: checked<PersistentVolumeClaim>(validateClaim),
  validateUpdate: checkedUpdate<PersistentVolumeClaim>(validateClaimUpdate),
  validateStatus: checked<PersistentVolumeClaim>(validateClaimStatus),
  warnings: (object) => claimWarnings(object as PersistentVolumeClaim),
};

export const STORAGE_STRATEGIES: Readonly<Record<string, Strategy>> = {
  persistentvolumes: persistentVolume,
  persistentvolumeclaims: persistentVolumeClaim,
  'storageclasses.storage.k8s.io': {
    ...plainStrategy,
    validate: checked<StorageClass>(validateStorageClass),
    validateUpdate: checkedUpdate<StorageClass>(validateStorageClassUpdate),
  },
  'volumeattachments.storage.k8s.io': {
    ...withStatus,
    unconditionalUpdate: false,
    prepareForCreate: withoutStatus,
    validate: checked<VolumeAttachment>(validateVolumeAttachment),
    validateUpdate: checkedUpdate<VolumeAttachment>(validateVolumeAttachmentUpdate),
    validateStatus: checked<VolumeAttachment>(validateVolumeAttachmentStatus),
  },
  'csinodes.storage.k8s.io': {
    ...plainStrategy,
    unconditionalUpdate: false,
    validate: checked<CSINode>(validateCsiNode),
    validateUpdate: checkedUpdate<CSINode>(validateCsiNodeUpdate),
  },
  'csidrivers.storage.k8s.io': {
    ...plainStrategy,
    unconditionalUpdate: false,
    generation: true,
    validate: checked<CSIDriver>(validateCsiDriver),
    validateUpdate: checkedUpdate<CSIDriver>(validateCsiDriverUpdate),
  },
  'csistoragecapacities.storage.k8s.io': {
    ...plainStrategy,
    unconditionalUpdate: false,
    validate: checked<CSIStorageCapacity>(validateStorageCapacity),
    validateUpdate: checkedUpdate<CSIStorageCapacity>(validateStorageCapacityUpdate),
  },
};
