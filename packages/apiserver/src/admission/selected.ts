// Whether the selectors of a webhook or a policy select a request: by the labels of its namespace and of its object.
import type { KubeObject, LabelMatcher } from '@holdfast/schema';
import type { ServerContext } from '../core/server-context.ts';
import type { Attributes } from './plugin.ts';

/** The namespace of a request's object; a namespace that is written is its own. Undefined at the cluster's scope. */
export function namespaceOf(
  { store }: ServerContext,
  { definition, namespace, object, name, operation }: Attributes,
): KubeObject | undefined {
  if (definition.storagePrefix === 'core/namespaces')
    return operation === 'CREATE' || operation === 'UPDATE' ? object : namespaceNamed(name);
  return definition.namespaced ? namespaceNamed(namespace) : undefined;
  function namespaceNamed(wanted: string): KubeObject | undefined {
    return store.get(`core/namespaces/${wanted}`)?.value;
  }
}

/** What belongs to no namespace is always selected; a namespace that is not there has no labels. */
export function selectsNamespace(matcher: LabelMatcher, server: ServerContext, attributes: Attributes): boolean {
  const { definition } = attributes;
  if (matcher.everything || (!definition.namespaced && definition.storagePrefix !== 'core/namespaces')) return true;
  return matcher.matches(namespaceOf(server, attributes)?.metadata.labels);
}

/** The object as it is to be, or as it was, has the labels. What has no metadata has none. */
export function selectsObject(matcher: LabelMatcher, { object, old, operation }: Attributes): boolean {
  if (matcher.everything) return true;
  const candidates = operation === 'DELETE' ? [old] : [object, old];
  return candidates.some(
    (one) => one !== undefined && (one as Partial<KubeObject>).metadata !== undefined && matcher.matches(one.metadata.labels),
  );
}
