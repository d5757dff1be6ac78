// Which objects of a collection a list or watch is about.
import {
  badRequest,
  fieldSelectorAliasesOf,
  fieldSelectorsOf,
  fieldsMatch,
  isRecord,
  type KubeObject,
  parseFieldSelector,
  parseLabelSelector,
} from '@holdfast/schema';
import type { ResourceDefinition } from '../registry/resource-definition.ts';

/** A test of objects; `everything` when there is nothing to test. */
export interface Selection {
  readonly everything: boolean;
  /** The only name that can match, where there is one. */
  readonly name?: string;
  matches(object: KubeObject): boolean;
}

/** Of the query's labelSelector and fieldSelector, and of a name where the path has one. */
export function selectionOf(definition: ResourceDefinition, query: URLSearchParams, name = ''): Selection {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const aliases = fieldSelectorAliasesOf(selectorName(definition));
  const supported = new Set([
    ...fieldSelectorsOf(selectorName(definition)),
    ...(definition.custom?.selectableFields ?? []),
    'metadata.name',
    'metadata.namespace',
  ]);
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '').map((requirement) => {
    if (!supported.has(requirement.field) && !Object.hasOwn(aliases, requirement.field))
      throw badRequest(`field label not supported: ${requirement.field}`);
    return { ...requirement, field: Object.hasOwn(aliases, requirement.field) ? (aliases[requirement.field] ?? '') : requirement.field };
  });
  const all = name === '' ? fields : [...fields, { field: 'metadata.name', operator: '=' as const, value: name }];
  const only = all.find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value;
  const hasLabels = Boolean(query.get('labelSelector'));
  // Aliases name the fields of the form that is stored.
  const stored = Object.keys(aliases).length > 0 ? definition.toStored : (object: KubeObject): KubeObject => object;
  return {
    everything: all.length === 0 && !hasLabels,
    ...(only ? { name: only } : {}),
    matches: (object) => {
      if (hasLabels && !labels.matches(object.metadata.labels ?? {})) return false;
      if (all.length === 0) return true;
      const seen = stored(object);
      return fieldsMatch(all, (field) => fieldText(seen, field));
    },
  };
}

function selectorName(definition: ResourceDefinition): string {
  if (definition.custom) return '_customresource';
  return definition.group === 'events.k8s.io' ? 'events.events.k8s.io' : definition.resource;
}

/** The text of the field at a dotted path; '' when unset, as selectors have it. */
function fieldText(object: KubeObject, path: string): string {
  if (path === 'status.podIPs') return fieldText(object, 'status.podIP');
  if (path === 'source' && object.kind === 'Event') return fieldText(object, 'source.component') || fieldText(object, 'reportingComponent');
  let value: unknown = object;
  for (const part of path.split('.')) value = isRecord(value) ? value[part] : undefined;
  if (value === undefined || value === null) return path === 'spec.unschedulable' || path === 'spec.hostNetwork' ? 'false' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
