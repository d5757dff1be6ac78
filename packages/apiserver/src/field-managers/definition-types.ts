// What field managers need to know of a resource.
import {
  apiVersionOf,
  decodeTyped,
  type FieldSet,
  type KubeObject,
  memoize,
  type MergeType,
  mergeTypeOf,
  NO_FIELDS,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

const STATUS: FieldSet = { 'f:status': {} };
const SPEC: FieldSet = { 'f:spec': {} };
/** What besides the spec a status update of these kinds does not write. */
const STATUS_KEEPS: Readonly<Record<string, FieldSet>> = {
  pods: { ...SPEC, 'f:metadata': { 'f:deletionTimestamp': {}, 'f:ownerReferences': {} } },
  'deployments.apps': { ...SPEC, 'f:metadata': { 'f:labels': {} } },
  'certificatesigningrequests.certificates.k8s.io': SPEC,
};

/** How objects of the resource merge. */
export function mergeTypeFor(definition: ResourceDefinition): MergeType {
  return definition.custom ? definition.custom.mergeType : mergeTypeOf(definition.typeName ?? '');
}

const emptyOf = memoize((typeName: string) => decodeTyped(typeName, {}).object);

/** The object that a creation starts from: what a server writes for a kind of which nothing is set. */
export function emptyObject(definition: ResourceDefinition): KubeObject {
  const header = { apiVersion: apiVersionOf(definition), kind: definition.kind };
  if (definition.custom) return { ...header, metadata: {} };
  return { ...emptyOf(definition.typeName ?? ''), ...header } as unknown as KubeObject;
}

/** Fields that a request for the resource or its subresource does not write, and that it therefore never owns. */
export function ignoredFields(definition: ResourceDefinition, subresource: string): FieldSet {
  if (subresource === '') return definition.strategy.statusSubresource ? STATUS : NO_FIELDS;
  if (subresource !== 'status') return NO_FIELDS;
  const { custom, group, resource } = definition;
  if (!custom) return STATUS_KEEPS[group === '' ? resource : `${resource}.${group}`] ?? SPEC;
  const others = [...custom.schema.root.properties.keys()].filter((name) => name !== 'status');
  return Object.fromEntries([...others, 'metadata', 'spec'].map((name) => [`f:${name}`, {}]));
}
