// Persistent volume claims: once made, they may be bound, grown, and little else.
import { compareQuantities, deepEqual, isQualifiedName, type PersistentVolumeClaim } from '@holdfast/schema';
import { type FieldErrors, IMMUTABLE } from '../field-errors.ts';
import { nonNegativeQuantity } from '../quantities.ts';
import { validateClaimSpec } from './claim-spec.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const STORAGE = 'spec.resources.requests.storage';
const GATE_OFF = 'update is forbidden when the VolumeAttributesClass feature gate is disabled';
const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

export function validateClaim(claim: PersistentVolumeClaim, errors: FieldErrors): void {
  validateClaimSpec(claim.spec, 'spec', errors);
}

export function validateClaimUpdate(next: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldErrors): void {
  const [annotation, annotated] = [next.metadata?.annotations?.[CLASS_ANNOTATION], old.metadata?.annotations?.[CLASS_ANNOTATION]];
  const [className, classed] = [next.spec?.storageClassName, old.spec?.storageClassName];
  const fromAnnotation =
    annotated !== undefined && classed === undefined && className === annotated && (annotation === undefined || annotation === annotated);
  if (!fromAnnotation && annotation !== annotated) errors.invalid(`metadata.annotations.${CLASS_ANNOTATION}`, annotation ?? '', IMMUTABLE);
  const classSet = className !== undefined && classed === undefined && (annotated === undefined || className === annotated);
  const bound = next.status?.phase === 'Bound';
  if (
    !deepEqual(
      comparable(next, { classSet: fromAnnotation || classSet, bound, unbound: !old.spec?.volumeName }),
      comparable(old, { classSet: fromAnnotation || classSet, bound, unbound: !old.spec?.volumeName }),
    )
  )
    errors.forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims');
  shrinking(next, old, errors);
  if (next.spec?.volumeMode !== old.spec?.volumeMode) errors.invalid('volumeMode', next.spec?.volumeMode, IMMUTABLE);
  if (next.spec?.volumeAttributesClassName !== old.spec?.volumeAttributesClassName)
    errors.forbidden('spec.volumeAttributesClassName', GATE_OFF);
}

interface Allowed {
  /** The class may have been set where none was. */
  readonly classSet: boolean;
  /** The size may change. */
  readonly bound: boolean;
  /** The volume may have been set. */
  readonly unbound: boolean;
}

/** The spec without what may change. */
function comparable({ spec }: PersistentVolumeClaim, { classSet, bound, unbound }: Allowed): unknown {
  const { volumeName, storageClassName, resources, volumeAttributesClassName, ...rest } = spec ?? {};
  const { storage: _storage, ...otherRequests } = resources?.requests ?? {};
  return {
    ...rest,
    ...(unbound ? {} : { volumeName }),
    ...(classSet ? {} : { storageClassName }),
    ...(bound ? {} : { volumeAttributesClassName }),
    limits: resources?.limits,
    requests: bound ? otherRequests : resources?.requests,
  };
}

/** A request may only be taken back as far as what the volume had before it was asked to grow. */
function shrinking(next: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldErrors): void {
  const [size, was] = [next.spec?.resources?.requests?.['storage'], old.spec?.resources?.requests?.['storage']];
  if (size === undefined || was === undefined || compareQuantities(size, was) >= 0) return;
  const actual = old.status?.capacity?.['storage'] ?? '0';
  if (compareQuantities(size, actual) <= 0) errors.forbidden(STORAGE, 'field can not be less than status.capacity');
}

export function validateClaimStatus(next: PersistentVolumeClaim, errors: FieldErrors): void {
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = next.status ?? {};
  for (const [name, value] of Object.entries(capacity)) nonNegativeQuantity(value, `status.capacity[${name}]`, errors);
  for (const [name, status] of Object.entries(allocatedResourceStatuses)) {
    resourceKey(name, 'status.allocatedResourceStatus', errors);
    if (!RESIZE_STATUSES.includes(status)) errors.notSupported('status.allocatedResourceStatus', name, RESIZE_STATUSES);
  }
  for (const [name, value] of Object.entries(allocatedResources)) {
    const before = errors.count;
    resourceKey(name, 'status.allocatedResources', errors);
    if (errors.count === before) nonNegativeQuantity(value, `status.allocatedResources[${name}]`, errors);
  }
}

function resourceKey(name: string, path: string, errors: FieldErrors): void {
  const problems = isQualifiedName(name);
  errors.problems(path, name, problems);
  if (problems.length === 0 && (!name.includes('/') || name.includes('kubernetes.io/')) && name !== 'storage')
    errors.notSupported(path, name, ['storage']);
}
