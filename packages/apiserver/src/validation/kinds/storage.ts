// Storage classes, attachments, and what CSI drivers say of themselves.
import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  deepEqual,
  goStrings,
  isDns1123Subdomain,
  type StorageClass,
  type TopologySelectorTerm,
  type VolumeAttachment,
} from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { csiDriverName, dnsSubdomain, qualifiedName } from '../names.ts';
import { nonNegativeQuantity } from '../quantities.ts';
import { tokenSeconds } from '../pods/projections.ts';
import { validateVolumeSpec } from './persistent-volume.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;
const MAX_NODE_ID = 256;
const MAX_METADATA_BYTES = 256 * 1024;
const MAX_ERROR_BYTES = 1024;

type StringMap = { readonly [key: string]: string };

export function validateStorageClass(storageClass: StorageClass, errors: FieldErrors): void {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  if (!provisioner) errors.required('provisioner');
  else qualifiedName(provisioner.toLowerCase(), 'provisioner', errors);
  validateParameters(parameters, errors);
  if (reclaimPolicy) errors.oneOf('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']);
  if (volumeBindingMode === undefined) errors.required('volumeBindingMode');
  else errors.oneOf('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']);
  topologies(allowedTopologies ?? [], errors);
}

function validateParameters(parameters: StringMap | undefined, errors: FieldErrors): void {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) return errors.tooLong('parameters', MAX_PARAMETERS);
  for (const [key] of entries) if (key === '') errors.invalid('parameters', key, 'field can not be empty.');
  if (bytesOf(parameters) > MAX_PARAMETER_BYTES) errors.tooLong('parameters', MAX_PARAMETER_BYTES);
}

function bytesOf(map: StringMap | undefined): number {
  return Object.entries(map ?? {}).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
}

function topologies(terms: readonly TopologySelectorTerm[], errors: FieldErrors): void {
  const seen: unknown[] = [];
  for (const [index, term] of terms.entries()) {
    const path = `allowedTopologies[${index}]`;
    const keys = new Map<string, readonly string[]>();
    for (const [position, { key, values }] of (term.matchLabelExpressions ?? []).entries()) {
      const at = `${path}.matchLabelExpressions[${position}]`;
      if (!values?.length) errors.required(`${at}.values`);
      for (const [i, value] of (values ?? []).entries()) if (values.indexOf(value) < i) errors.duplicate(`${at}.values[${i}]`, value);
      qualifiedName(key, `${at}.key`, errors);
      if (keys.has(key)) errors.duplicate(`${at}.key`, key);
      keys.set(key, (values ?? []).toSorted());
    }
    const shape = [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (seen.some((other) => deepEqual(other, shape))) errors.duplicate(`${path}.matchLabelExpressions`, '');
    seen.push(shape);
  }
}

export function validateStorageClassUpdate(next: StorageClass, old: StorageClass, errors: FieldErrors): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const)
    if (!deepEqual(next[field] ?? {}, old[field] ?? {})) errors.forbidden(field, `updates to ${field} are forbidden.`);
  if (next.volumeBindingMode !== old.volumeBindingMode) errors.invalid('volumeBindingMode', next.volumeBindingMode, IMMUTABLE);
}

export function validateVolumeAttachment(attachment: VolumeAttachment, errors: FieldErrors): void {
  const { attacher = '', source, nodeName = '' } = attachment.spec ?? {};
  if (!attacher) errors.required('spec.attacher');
  const { inlineVolumeSpec, persistentVolumeName } = source ?? {};
  const both = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!inlineVolumeSpec && persistentVolumeName === undefined) errors.required('spec.source', both);
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) errors.forbidden('spec.source', both);
  else if (persistentVolumeName === '') errors.required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName');
  else if (inlineVolumeSpec) validateVolumeSpec(inlineVolumeSpec, 'spec.source.inlineVolumeSpec', { inline: true }, errors);
  errors.problems('spec.nodeName', nodeName, isDns1123Subdomain(nodeName));
  validateVolumeAttachmentStatus(attachment, errors);
  csiDriverName(attacher, 'spec.attacher', errors);
  if (persistentVolumeName !== undefined) dnsSubdomain(persistentVolumeName, 'spec.source.persistentVolumeName', errors);
}

export function validateVolumeAttachmentStatus({ status }: VolumeAttachment, errors: FieldErrors): void {
  if (bytesOf(status?.attachmentMetadata) > MAX_METADATA_BYTES) errors.tooLong('status.attachmentMetadata', MAX_METADATA_BYTES);
  for (const field of ['attachError', 'detachError'] as const)
    if ((status?.[field]?.message ?? '').length > MAX_ERROR_BYTES) errors.tooLong(`status.${field}.message`, MAX_METADATA_BYTES);
}

export function validateVolumeAttachmentUpdate(next: VolumeAttachment, old: VolumeAttachment, errors: FieldErrors): void {
  if (!deepEqual(next.spec, old.spec)) errors.invalid('spec', next.spec, IMMUTABLE);
}

export function validateCsiNode(node: CSINode, errors: FieldErrors): void {
  const names = new Set<string>();
  for (const [index, driver] of (node.spec?.drivers ?? []).entries()) {
    const path = `spec.drivers[${index}]`;
    csiDriverName(driver.name, `${path}.name`, errors);
    if (!driver.nodeID) errors.required(`${path}.nodeID`);
    if (driver.nodeID.length > MAX_NODE_ID) errors.invalid(`${path}.nodeID`, driver.nodeID, `must be ${MAX_NODE_ID} characters or less`);
    errors.nonNegative(`${path}.allocatable.count`, driver.allocatable?.count);
    if (names.has(driver.name)) errors.duplicate(`${path}.name`, driver.name);
    names.add(driver.name);
    for (const [position, key] of (driver.topologyKeys ?? []).entries()) {
      if (key === '') errors.required(path, key);
      if ((driver.topologyKeys ?? []).indexOf(key) < position) errors.duplicate(path, key);
      qualifiedName(key, path, errors);
    }
  }
}

export function validateCsiNodeUpdate(next: CSINode, old: CSINode, errors: FieldErrors): void {
  for (const before of old.spec?.drivers ?? [])
    for (const after of next.spec?.drivers ?? [])
      if (before.name === after.name && !deepEqual(before, after)) errors.invalid('CSINodeDriver', after, IMMUTABLE);
}

export function validateCsiDriver({ spec = {} }: CSIDriver, errors: FieldErrors): void {
  if (spec.attachRequired === undefined) errors.required('spec.attachedRequired');
  if (spec.podInfoOnMount === undefined) errors.required('spec.podInfoOnMount');
  if (spec.storageCapacity === undefined) errors.required('spec.storageCapacity');
  errors.oneOf('spec.fsGroupPolicy', spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType']);
  const audiences = new Set<string>();
  for (const [index, { audience, expirationSeconds }] of (spec.tokenRequests ?? []).entries()) {
    const path = `spec.tokenRequests[${index}]`;
    if (audiences.has(audience)) errors.duplicate(`${path}.audience`, audience);
    else tokenSeconds(expirationSeconds, `${path}.expirationSeconds`, errors);
    audiences.add(audience);
  }
  for (const mode of spec.volumeLifecycleModes ?? []) errors.oneOf('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']);
}

export function validateCsiDriverUpdate({ spec: next = {} }: CSIDriver, { spec: old = {} }: CSIDriver, errors: FieldErrors): void {
  if (next.attachRequired !== old.attachRequired) errors.invalid('spec.attachedRequired', next.attachRequired, IMMUTABLE);
  if (!deepEqual(next.volumeLifecycleModes, old.volumeLifecycleModes))
    errors.invalid('spec.volumeLifecycleModes', goStrings(next.volumeLifecycleModes, 'storage.VolumeLifecycleMode'), IMMUTABLE);
}

export function validateStorageCapacity(object: CSIStorageCapacity, errors: FieldErrors): void {
  validateLabelSelector(object.nodeTopology, 'nodeTopology', errors);
  errors.problems('storageClassName', object.storageClassName, isDns1123Subdomain(object.storageClassName ?? ''));
  if (object.capacity !== undefined) nonNegativeQuantity(object.capacity, 'capacity', errors);
}

export function validateStorageCapacityUpdate(next: CSIStorageCapacity, old: CSIStorageCapacity, errors: FieldErrors): void {
  if (!deepEqual(next.nodeTopology, old.nodeTopology)) errors.invalid('nodeTopology', next.nodeTopology, IMMUTABLE);
  if (next.storageClassName !== old.storageClassName) errors.invalid('storageClassName', next.storageClassName, IMMUTABLE);
}
