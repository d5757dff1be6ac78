// What holds for the metadata of every object.
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegmentName,
  isQualifiedName,
  type KubeObject,
  required,
  tooLong,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

const ANNOTATIONS_LIMIT = 256 * 1024;
/** Kinds whose names become DNS labels, or may be any path segment. */
const LABEL_NAMES = new Set(['namespaces', 'services']);
const SEGMENT_NAMES = new Set(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings']);

/** Names, labels, annotations, finalizers and owners of an object. */
export function validateMetadata(definition: ResourceDefinition, object: KubeObject): readonly FieldError[] {
  const { name, generateName, labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = object.metadata;
  const errors: FieldError[] = [];
  if (!name && !generateName) errors.push(required('metadata.name', 'name or generateName is required'));
  else for (const problem of nameProblems(definition, name ?? '')) errors.push(invalidValue('metadata.name', name, problem));
  for (const [key, value] of Object.entries(labels)) {
    for (const problem of isQualifiedName(key)) errors.push(invalidValue('metadata.labels', key, problem));
    for (const problem of isLabelValue(value)) errors.push(invalidValue('metadata.labels', value, problem));
  }
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    for (const problem of isQualifiedName(key.toLowerCase())) errors.push(invalidValue('metadata.annotations', key, problem));
    size += key.length + value.length;
  }
  if (size > ANNOTATIONS_LIMIT) errors.push(tooLong('metadata.annotations', '', ANNOTATIONS_LIMIT));
  for (const [index, finalizer] of finalizers.entries()) {
    for (const problem of isQualifiedName(finalizer)) errors.push(invalidValue(`metadata.finalizers[${index}]`, finalizer, problem));
  }
  const controllers: string[] = [];
  for (const [index, owner] of ownerReferences.entries()) {
    const path = `metadata.ownerReferences[${index}]`;
    if (!owner.apiVersion) errors.push(invalidValue(`${path}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    if (!owner.kind) errors.push(invalidValue(`${path}.kind`, owner.kind, 'must not be empty'));
    if (!owner.name) errors.push(invalidValue(`${path}.name`, owner.name, 'must not be empty'));
    if (!owner.uid) errors.push(invalidValue(`${path}.uid`, owner.uid, 'must not be empty'));
    if (owner.controller) controllers.push(`${owner.kind}/${owner.name}`);
  }
  if (controllers.length > 1) {
    errors.push(
      invalidValue(
        'metadata.ownerReferences',
        ownerReferences,
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers.join(' and ')}`,
      ),
    );
  }
  return errors;
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
  if (SEGMENT_NAMES.has(definition.resource)) return isPathSegmentName(name);
  if (LABEL_NAMES.has(definition.resource)) return isDns1123Label(name);
  return isDns1123Subdomain(name);
}
