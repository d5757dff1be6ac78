// Claims without a class get the default one; volumes and claims in use are protected by finalizers.
import { compareQuantities, forbidden, type KubeObject, type PersistentVolumeClaim, type StorageClass } from '@holdfast/schema';
import { defaultClassName } from './default-class.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = (server, { definition, operation, object }) => {
  if (definition.storagePrefix !== 'core/persistentvolumeclaims' || operation !== 'CREATE') return object;
  const claim = object as PersistentVolumeClaim;
  if (claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return object;
  const name = defaultClassName(server, 'storage.k8s.io/storageclasses/', DEFAULT_CLASS);
  return name ? ({ ...claim, spec: { ...claim.spec, storageClassName: name } } as KubeObject) : object;
};

const FINALIZERS: Readonly<Record<string, string>> = {
  'core/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'core/persistentvolumes': 'kubernetes.io/pv-protection',
};

export const protection: AdmissionPlugin = (_server, { definition, operation, object }) => {
  const finalizer = FINALIZERS[definition.storagePrefix];
  if (!finalizer || operation !== 'CREATE' || object.metadata.finalizers?.includes(finalizer)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] } };
};

/** A claim may grow when it is bound and its class allows that; validation has its own say about claims that are not bound. */
export const claimResize: AdmissionPlugin = (server, { definition, operation, name, object, old, subresource }) => {
  if (definition.storagePrefix !== 'core/persistentvolumeclaims' || operation !== 'UPDATE' || subresource !== '') return object;
  const [claim, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
  const [wanted, had] = [claim, before].map(({ spec }) => spec?.resources?.requests?.['storage']);
  if (!before.spec?.volumeName || wanted === undefined || had === undefined || compareQuantities(wanted, had) <= 0) return object;
  if (before.status?.phase !== 'Bound') throw forbidden(definition, name, 'Only bound persistent volume claims can be expanded');
  const className = before.metadata.annotations?.[CLASS_ANNOTATION] ?? before.spec.storageClassName ?? '';
  const storageClass = server.store.get(`storage.k8s.io/storageclasses/${className}`)?.value as StorageClass | undefined;
  if (storageClass?.allowVolumeExpansion !== true)
    throw forbidden(
      definition,
      name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  return object;
};
