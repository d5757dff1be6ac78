// Volumes, claims, classes and what drivers say of themselves.
import type {
  CSIDriver,
  CSINode,
  KubeObject,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '@holdfast/schema';
import { printer, type PrinterFamily } from '../printer.ts';
import { ageOf, nameOf, NONE, UNSET } from './cells.ts';

const persistentVolumes = printer<PersistentVolume>((volume, context) => {
  const { metadata, spec, status } = volume;
  const claim = spec?.claimRef;
  return [
    nameOf(volume),
    quantityText(spec?.capacity?.['storage']),
    accessModes(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '',
    storageClassOf(volume, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    status?.reason ?? '',
    ageOf(volume, context),
    spec?.volumeMode ?? UNSET,
  ];
});

const persistentVolumeClaims = printer<PersistentVolumeClaim>((claim, context) => {
  const { metadata, spec, status } = claim;
  const bound = Boolean(spec?.volumeName);
  return [
    nameOf(claim),
    metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''),
    spec?.volumeName ?? '',
    bound ? quantityText(status?.capacity?.['storage'] ?? 0) : '',
    bound ? accessModes(status?.accessModes) : '',
    storageClassOf(claim, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    ageOf(claim, context),
    spec?.volumeMode ?? UNSET,
  ];
});

const storageClasses = printer<StorageClass>((storageClass, context) => [
  `${nameOf(storageClass)}${isDefault(storageClass, 'storageclass') ? ' (default)' : ''}`,
  storageClass.provisioner ?? '',
  storageClass.reclaimPolicy ?? 'Delete',
  storageClass.volumeBindingMode ?? 'Immediate',
  storageClass.allowVolumeExpansion ?? false,
  ageOf(storageClass, context),
]);

interface VolumeAttributesClass extends KubeObject {
  readonly driverName?: string;
}

const volumeAttributesClasses = printer<VolumeAttributesClass>((attributesClass, context) => [
  `${nameOf(attributesClass)}${isDefault(attributesClass, 'volumeattributesclass') ? ' (default)' : ''}`,
  attributesClass.driverName ?? '',
  ageOf(attributesClass, context),
]);

const volumeAttachments = printer<VolumeAttachment>((attachment, context) => [
  nameOf(attachment),
  attachment.spec?.attacher ?? '',
  attachment.spec?.source?.persistentVolumeName ?? '',
  attachment.spec?.nodeName ?? '',
  attachment.status?.attached ?? false,
  ageOf(attachment, context),
]);

const csiNodes = printer<CSINode>((node, context) => [nameOf(node), node.spec?.drivers?.length ?? 0, ageOf(node, context)]);

const csiDrivers = printer<CSIDriver>((driver, context) => {
  const { spec } = driver;
  return [
    nameOf(driver),
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    spec?.tokenRequests ? spec.tokenRequests.map(({ audience }) => audience).join(',') : UNSET,
    spec?.requiresRepublish ?? false,
    spec?.volumeLifecycleModes?.join(',') || NONE,
    ageOf(driver, context),
  ];
});

export const STORAGE_FAMILY: PrinterFamily = {
  persistentvolumes: persistentVolumes,
  persistentvolumeclaims: persistentVolumeClaims,
  'storageclasses.storage.k8s.io': storageClasses,
  'volumeattributesclasses.storage.k8s.io': volumeAttributesClasses,
  'volumeattachments.storage.k8s.io': volumeAttachments,
  'csinodes.storage.k8s.io': csiNodes,
  'csidrivers.storage.k8s.io': csiDrivers,
};

// In this order, whatever the order of the object.
const ACCESS_MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

function accessModes(modes: readonly string[] = []): string {
  return ACCESS_MODES.filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

function quantityText(quantity: string | number | undefined): string {
  return quantity === undefined ? '0' : String(quantity);
}

/** An old annotation comes before the field. */
function storageClassOf({ metadata }: KubeObject, name: string | undefined): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name ?? '';
}

function isDefault({ metadata }: KubeObject, prefix: string): boolean {
  return [`${prefix}.kubernetes.io`, `${prefix}.beta.kubernetes.io`].some(
    (domain) => metadata.annotations?.[`${domain}/is-default-class`] === 'true',
  );
}
