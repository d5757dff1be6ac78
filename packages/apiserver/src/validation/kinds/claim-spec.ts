// The spec of a persistent volume claim, in claims, ephemeral volumes and claim templates.
import { deepEqual, isDns1123Label, type PersistentVolumeClaimSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { dnsSubdomain } from '../names.ts';
import { positiveQuantity, resourceQuantity } from '../quantities.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const VOLUME_MODES = ['Block', 'Filesystem'];

/** Known modes; the one that admits a single pod stands alone. */
export function validateAccessModes(modes: readonly string[] | undefined, path: string, errors: FieldErrors): void {
  for (const mode of modes ?? []) errors.oneOf(path, mode, ACCESS_MODES);
  const known = (modes ?? []).filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod'))
    errors.forbidden(path, 'may not use ReadWriteOncePod with other access modes');
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec | undefined, path: string, errors: FieldErrors): void {
  const { accessModes, selector, resources, storageClassName, volumeMode, dataSource, dataSourceRef } = spec ?? {};
  if (!accessModes?.length) errors.required(`${path}.accessModes`, 'at least 1 access mode is required');
  validateLabelSelector(selector, `${path}.selector`, errors);
  validateAccessModes(accessModes, `${path}.accessModes`, errors);
  const storage = resources?.requests?.['storage'];
  const at = `${path}.resources[storage]`;
  const before = errors.count;
  if (storage === undefined) errors.required(at);
  else positiveQuantity(storage, at, errors);
  if (storage !== undefined && errors.count === before) resourceQuantity('storage', storage, at, errors);
  if (storageClassName) dnsSubdomain(storageClassName, `${path}.storageClassName`, errors);
  errors.oneOf(`${path}.volumeMode`, volumeMode, VOLUME_MODES);
  if (dataSource) source(dataSource, `${path}.dataSource`, errors);
  if (dataSourceRef) {
    source(dataSourceRef, `${path}.dataSourceRef`, errors);
    const { namespace } = dataSourceRef;
    if (namespace) errors.problems(`${path}.dataSourceRef.namespace`, namespace, isDns1123Label(namespace));
  }
  if (!dataSource || !dataSourceRef) return;
  const { namespace, ...reference } = dataSourceRef;
  if (namespace) errors.invalid(path, `${path}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified');
  else if (!deepEqual(dataSource, reference)) errors.invalid(path, `${path}.dataSource`, 'must match dataSourceRef');
}

function source(
  { name, kind, apiGroup }: { readonly name: string; readonly kind: string; readonly apiGroup?: string | undefined },
  path: string,
  errors: FieldErrors,
): void {
  if (!name) errors.required(`${path}.name`);
  if (!kind) errors.required(`${path}.kind`);
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  if (apiGroup) dnsSubdomain(apiGroup, `${path}.apiGroup`, errors);
}
