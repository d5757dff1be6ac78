// What the scheduler knows of storage: caches with its own decisions laid over them.
import { AssumeCache, type ComponentContext, classOfClaim, classOfVolume, type Informer } from '@holdfast/controller';
import {
  CSIDRIVERS,
  CSINODES,
  CSISTORAGECAPACITIES,
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  PERSISTENTVOLUMECLAIMS,
  PERSISTENTVOLUMES,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  STORAGECLASSES,
  VOLUMEATTACHMENTS,
  type VolumeAttachment,
} from '@holdfast/schema';

const BY_CLASS = 'scheduler/class';
const BY_RESERVATION = 'scheduler/reservation';

export interface StorageView {
  readonly claims: AssumeCache<PersistentVolumeClaim>;
  readonly volumes: AssumeCache<PersistentVolume>;
  readonly claimInformer: Informer<PersistentVolumeClaim>;
  readonly volumeInformer: Informer<PersistentVolume>;
  readonly classInformer: Informer<StorageClass>;
  readonly drivers: Informer<CSIDriver>;
  readonly driverNodes: Informer<CSINode>;
  readonly capacities: Informer<CSIStorageCapacity>;
  readonly attachments: Informer<VolumeAttachment>;
  classOf(claim: PersistentVolumeClaim): StorageClass | undefined;
  /** Volumes that may match the claim: those of its class, and those reserved for it. */
  candidates(claim: PersistentVolumeClaim): readonly PersistentVolume[];
}

export function createStorageView({ informers }: Pick<ComponentContext, 'informers'>): StorageView {
  const claimInformer = informers.informer(PERSISTENTVOLUMECLAIMS);
  const volumeInformer = informers.informer(PERSISTENTVOLUMES);
  const classInformer = informers.informer(STORAGECLASSES);
  volumeInformer.addIndex(BY_CLASS, (volume) => [classOfVolume(volume)]);
  volumeInformer.addIndex(BY_RESERVATION, ({ spec }) => (spec?.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []));
  const volumes = new AssumeCache(volumeInformer);
  return {
    claims: new AssumeCache(claimInformer),
    volumes,
    claimInformer,
    volumeInformer,
    classInformer,
    drivers: informers.informer(CSIDRIVERS),
    driverNodes: informers.informer(CSINODES),
    capacities: informers.informer(CSISTORAGECAPACITIES),
    attachments: informers.informer(VOLUMEATTACHMENTS),
    classOf: (claim) => classInformer.get({ name: classOfClaim(claim) }),
    candidates: (claim) => {
      const reserved = volumes.byIndex(BY_RESERVATION, `${claim.metadata.namespace}/${claim.metadata.name}`);
      const ofClass = volumes.byIndex(BY_CLASS, classOfClaim(claim));
      return reserved.length === 0 ? ofClass : [...new Set([...reserved, ...ofClass])];
    },
  };
}
