// A write as an AdmissionRequest (admission.k8s.io/v1): what webhooks are sent and expressions call `request`.
import type { GroupVersionKindName, KubeObject, UserInfo } from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';
import type { Attributes } from './plugin.ts';

const OPTIONS: Readonly<Record<Attributes['operation'], string>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
  CONNECT: '',
};

/** The request without uid and objects; `target` is the version in which the receiver wants the object. */
export function requestOf(attributes: Attributes, target: ResourceDefinition): Readonly<Record<string, unknown>> {
  const { definition, namespace, object, operation, subresource, options, dryRun, user } = attributes;
  const name = operation === 'CREATE' && subresource === '' ? (object.metadata.name ?? '') : attributes.name;
  const belongsTo = definition.storagePrefix === 'core/namespaces' ? name : namespace;
  const part = subresource === '' ? {} : { subResource: subresource };
  const requestPart = subresource === '' ? {} : { requestSubResource: subresource };
  return {
    kind: kindOf(attributes, target),
    resource: resourceOf(target),
    ...part,
    requestKind: kindOf(attributes, definition),
    requestResource: resourceOf(definition),
    ...requestPart,
    ...(name ? { name } : {}),
    ...(belongsTo ? { namespace: belongsTo } : {}),
    operation,
    userInfo: user ? userOf(user) : {},
    dryRun,
    options: operation === 'CONNECT' ? null : { kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1', ...options },
  };
}

/** The objects of a request in the version asked for: null where there is none. */
export function objectsOf(
  attributes: Attributes,
  target: ResourceDefinition,
): { readonly object: KubeObject | null; readonly oldObject: KubeObject | null } {
  const { operation, object, old } = attributes;
  const shown = (one: KubeObject | undefined): KubeObject | null => (one ? inVersion(attributes, target, one) : null);
  return { object: operation === 'DELETE' ? null : shown(object), oldObject: shown(old) };
}

/** An object of the request's version, in another one. */
function inVersion({ definition, kind }: Attributes, target: ResourceDefinition, object: KubeObject): KubeObject {
  return kind || target === definition ? object : target.fromStored(definition.toStored(object));
}

function kindOf({ kind }: Attributes, target: ResourceDefinition): GroupVersionKindName {
  return kind ?? { group: target.group, version: target.version, kind: target.kind };
}

function resourceOf({ group, version, resource }: ResourceDefinition): Readonly<Record<string, string>> {
  return { group, version, resource };
}

function userOf({ username, uid, groups, extra }: UserInfo): Readonly<Record<string, unknown>> {
  return { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}
