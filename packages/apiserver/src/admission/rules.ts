// Which requests the rules of a webhook or a policy mean.
import type { NamedRuleWithOperations } from '@holdfast/schema';
import type { Registry, ResourceDefinition } from '../registry/resource-definition.ts';
import type { Attributes } from './plugin.ts';

const GROUP = 'admissionregistration.k8s.io';

/** Configurations of admission are never admitted by what they configure: otherwise nobody could undo them. */
export function isExempt({ definition }: Attributes): boolean {
  return definition.group === GROUP;
}

/**
 * The version in which a request's resource is meant by the rules: its own, or with matchPolicy Equivalent another one in which
 * the same objects are served. Undefined where it is not meant.
 */
export function meantVersion(
  registry: Registry,
  rules: readonly NamedRuleWithOperations[],
  matchPolicy: string | undefined,
  attributes: Attributes,
): ResourceDefinition | undefined {
  const { definition } = attributes;
  if (rules.some((rule) => isMeant(rule, attributes, definition))) return definition;
  if (matchPolicy === 'Exact') return undefined;
  return registry.equivalents(definition).find((other) => rules.some((rule) => isMeant(rule, attributes, other)));
}

/** Whether one rule means the request, were it made for this version. */
export function isMeant(rule: NamedRuleWithOperations, attributes: Attributes, definition: ResourceDefinition): boolean {
  const { operation, subresource, name } = attributes;
  if (rule.resourceNames?.length && !rule.resourceNames.includes(name)) return false;
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, definition.group) &&
    has(rule.apiVersions, definition.version) &&
    isInScope(rule.scope, attributes) &&
    (rule.resources ?? []).some((resource) => {
      const [wantedResource = '', wantedSubresource = ''] = resource.split('/');
      return is(wantedResource, definition.resource) && is(wantedSubresource, subresource);
    })
  );
}

/** A namespace itself belongs to the cluster, although its requests carry its name. */
function isInScope(scope: string | undefined, { definition, namespace }: Attributes): boolean {
  if (scope === undefined || scope === '*') return true;
  const namespaced = definition.storagePrefix !== 'core/namespaces' && namespace !== '';
  return namespaced === (scope === 'Namespaced');
}

function has(wanted: readonly string[] | undefined, value: string): boolean {
  return wanted?.some((one) => is(one, value)) ?? false;
}

function is(wanted: string, value: string): boolean {
  return wanted === '*' || wanted === value;
}
