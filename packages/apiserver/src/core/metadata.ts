// What holds for the metadata of every object.
import {
  type FieldError,
  forbiddenField,
  goStrings,
  invalidValue,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isQualifiedName,
  type KubeObject,
  type OwnerReference,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import { FieldErrors } from '../validation/field-errors.ts';
import { STANDARD_FINALIZERS } from '../validation/kinds/cluster.ts';
import { validateAnnotations, validateLabels } from '../validation/labels.ts';
import { maskTrailingDash } from '../validation/names.ts';

/** Kinds whose names become DNS labels, or may be any path segment. */
const LABEL_NAMES = new Set(['namespaces']);
/** Groups whose kinds upstream does not ask for finalizers with a domain. */
const ANY_FINALIZER = new Set([
  'apiextensions.k8s.io',
  'rbac.authorization.k8s.io',
  'coordination.k8s.io',
  'admissionregistration.k8s.io',
  'scheduling.k8s.io',
]);
const SEGMENT_NAMES = new Set(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings']);

/** Names, labels, annotations, finalizers and owners of an object. */
export function validateMetadata(definition: ResourceDefinition, object: KubeObject): readonly FieldError[] {
  const { name, generateName, namespace, labels, annotations, finalizers = [], ownerReferences = [] } = object.metadata;
  const errors = new FieldErrors();
  if (generateName) errors.problems('metadata.generateName', generateName, nameProblems(definition, maskTrailingDash(generateName)));
  if (!name) errors.required('metadata.name', 'name or generateName is required');
  else errors.problems('metadata.name', name, nameProblems(definition, name));
  if (definition.namespaced) errors.problems('metadata.namespace', namespace, isDns1123Label(namespace ?? ''));
  else if (namespace) errors.forbidden('metadata.namespace', 'not allowed on this type');
  validateLabels(labels, 'metadata.labels', errors);
  validateAnnotations(annotations, 'metadata.annotations', errors);
  owners(ownerReferences, errors);
  for (const finalizer of finalizers) errors.problems('metadata.finalizers', finalizer, isQualifiedName(finalizer));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.invalid('metadata.finalizers', goStrings(finalizers), 'finalizer orphan and foregroundDeletion cannot be both set');
  if (!definition.custom && !ANY_FINALIZER.has(definition.group))
    for (const [index, finalizer] of finalizers.entries())
      if (!finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer))
        errors.invalid(`metadata.finalizers[${index}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
  return errors.list;
}

function owners(references: readonly OwnerReference[], errors: FieldErrors): void {
  const path = 'metadata.ownerReferences';
  let controller: string | undefined;
  for (const owner of references) {
    const [version] = (owner.apiVersion ?? '').split('/').slice(-1);
    if (!version) errors.invalid(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty');
    for (const field of ['kind', 'name', 'uid'] as const)
      if (!owner[field]) errors.invalid(`${path}.${field}`, owner[field] ?? '', `${field} must not be empty`);
    if (owner.apiVersion === 'v1' && owner.kind === 'Event')
      errors.invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner');
    if (!owner.controller) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller !== undefined)
      errors.invalid(
        path,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
      );
    else controller = current;
  }
}

/** What an update may not change. `wanted` is as the caller sent it. */
export function validateMetadataUpdate(
  definition: ResourceDefinition,
  wanted: KubeObject,
  next: KubeObject,
  old: KubeObject,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (wanted.metadata.name && wanted.metadata.name !== old.metadata.name)
    errors.push(invalidValue('metadata.name', wanted.metadata.name, 'field is immutable'));
  if (definition.namespaced && wanted.metadata.namespace && wanted.metadata.namespace !== old.metadata.namespace) {
    errors.push(invalidValue('metadata.namespace', wanted.metadata.namespace, 'field is immutable'));
  }
  if (wanted.metadata.deletionTimestamp && !old.metadata.deletionTimestamp)
    errors.push(invalidValue('metadata.deletionTimestamp', wanted.metadata.deletionTimestamp, 'field is immutable'));
  if (old.metadata.deletionTimestamp) {
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !(old.metadata.finalizers ?? []).includes(finalizer));
    if (added.length > 0) {
      errors.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`,
        ),
      );
    }
  }
  return errors;
}

function nameProblems(definition: ResourceDefinition, name: string): readonly string[] {
  if (SEGMENT_NAMES.has(definition.resource) && !definition.custom) return isPathSegmentName(name);
  if (definition.custom) return isDns1123Subdomain(name);
  if (definition.resource === 'services') return isDns1035Label(name);
  if (LABEL_NAMES.has(definition.resource)) return isDns1123Label(name);
  return isDns1123Subdomain(name);
}
