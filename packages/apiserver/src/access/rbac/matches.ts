// Whether one rule of a role allows one request.
import type { PolicyRule } from '@holdfast/schema';
import type { Attributes } from '../attributes.ts';

const ALL = '*';

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.kind === 'path') return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, attributes.path));
  const { group, resource, subresource, name } = attributes;
  if (!has(rule.apiGroups, group)) return false;
  if (!resourceMatches(rule.resources, resource, subresource)) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(name);
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes(ALL));
}

function resourceMatches(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (!list) return false;
  if (list.includes(ALL)) return true;
  if (subresource === '') return list.includes(resource);
  return list.includes(`${resource}/${subresource}`) || list.includes(`*/${subresource}`);
}

/** '/healthz/*' matches everything below it; a star elsewhere is an ordinary letter. */
export function pathMatches(pattern: string, path: string): boolean {
  return pattern === ALL || pattern === path || (pattern.endsWith(ALL) && path.startsWith(pattern.slice(0, -1)));
}
