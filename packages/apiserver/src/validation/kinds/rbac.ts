// Roles and their bindings.
import {
  type ClusterRole,
  type ClusterRoleBinding,
  deepEqual,
  goStrings,
  isDns1123Subdomain,
  isPathSegmentName,
  type PolicyRule,
  type Role,
  type RoleBinding,
} from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';

const GROUP = 'rbac.authorization.k8s.io';

export function validateRole({ rules }: Role, errors: FieldErrors): void {
  for (const [index, rule] of (rules ?? []).entries()) validateRule(rule, true, `rules[${index}]`, errors);
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole, errors: FieldErrors): void {
  for (const [index, rule] of (rules ?? []).entries()) validateRule(rule, false, `rules[${index}]`, errors);
  if (!aggregationRule) return;
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    errors.required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil');
  for (const [index, selector] of selectors.entries())
    validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`, errors);
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string, errors: FieldErrors): void {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule;
  if (!verbs?.length) errors.required(`${path}.verbs`, 'verbs must contain at least one value');
  if (nonResourceURLs?.length) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced) errors.invalid(at, goStrings(nonResourceURLs), 'namespaced rules cannot apply to non-resource URLs');
    if (apiGroups?.length || resources?.length || resourceNames?.length)
      errors.invalid(at, goStrings(nonResourceURLs), 'rules cannot apply to both regular resources and non-resource URLs');
    return;
  }
  if (!apiGroups?.length) errors.required(`${path}.apiGroups`, 'resource rules must supply at least one api group');
  if (!resources?.length) errors.required(`${path}.resources`, 'resource rules must supply at least one resource');
}

/** `namespaced`: a RoleBinding, which may also refer to a Role of its namespace. */
export function validateBinding(binding: RoleBinding | ClusterRoleBinding, namespaced: boolean, errors: FieldErrors): void {
  const { roleRef, subjects } = binding;
  const { apiGroup, kind, name } = roleRef ?? { apiGroup: '', kind: '', name: '' };
  if (apiGroup !== GROUP) errors.notSupported('roleRef.apiGroup', apiGroup, [GROUP]);
  errors.oneOf('roleRef.kind', kind, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']);
  if (!name) errors.required('roleRef.name');
  else errors.problems('roleRef.name', name, isPathSegmentName(name));
  for (const [index, subject] of (subjects ?? []).entries()) validateSubject(subject, namespaced, `subjects[${index}]`, errors);
}

function validateSubject(
  subject: NonNullable<RoleBinding['subjects']>[number],
  namespaced: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const { kind, name, apiGroup = '', namespace } = subject;
  if (!name) errors.required(`${path}.name`);
  if (kind === 'ServiceAccount') {
    if (name) errors.problems(`${path}.name`, name, isDns1123Subdomain(name));
    if (apiGroup) errors.notSupported(`${path}.apiGroup`, apiGroup, ['']);
    if (!namespaced && !namespace) errors.required(`${path}.namespace`);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.notSupported(`${path}.apiGroup`, apiGroup, [GROUP]);
  } else errors.notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
}

export function validateBindingUpdate(
  next: RoleBinding | ClusterRoleBinding,
  old: RoleBinding | ClusterRoleBinding,
  errors: FieldErrors,
): void {
  if (!deepEqual(next.roleRef, old.roleRef)) errors.invalid('roleRef', next.roleRef, 'cannot change roleRef');
}
