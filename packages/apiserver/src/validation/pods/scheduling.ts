// Tolerations, topology spread constraints, scheduling gates.
import { isLabelValue, type PodSchedulingGate, type Toleration, type TopologySpreadConstraint } from '@holdfast/schema';
import { type FieldErrors, NOT_POSITIVE } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { qualifiedName } from '../names.ts';

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: string, errors: FieldErrors): void {
  for (const [index, { key, operator, value = '', effect, tolerationSeconds }] of (tolerations ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (key) qualifiedName(key, `${at}.key`, errors);
    else if (operator !== 'Exists')
      errors.invalid(
        `${at}.operator`,
        operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.invalid(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (!operator || operator === 'Equal') {
      const problems = isLabelValue(value);
      if (problems.length > 0) errors.invalid(`${at}.operator`, value, problems.join(';'));
    } else if (operator !== 'Exists') errors.notSupported(`${at}.operator`, operator, ['Equal', 'Exists']);
    else if (value) errors.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'");
    if (effect) errors.oneOf(`${at}.effect`, effect, TAINT_EFFECTS);
  }
}

export function validateSpread(constraints: readonly TopologySpreadConstraint[] | undefined, path: string, errors: FieldErrors): void {
  const list = constraints ?? [];
  for (const [index, constraint] of list.entries()) {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector, matchLabelKeys } = constraint;
    if (maxSkew <= 0) errors.invalid(`${at}.maxSkew`, maxSkew, NOT_POSITIVE);
    if (!topologyKey) errors.required(`${at}.topologyKey`, 'can not be empty');
    errors.oneOf(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']);
    if (list.slice(index + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable))
      errors.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`);
    if (minDomains !== undefined && minDomains <= 0) errors.invalid(`${at}.minDomains`, minDomains, NOT_POSITIVE);
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule')
      errors.invalid(
        `${at}.minDomains`,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
      );
    errors.oneOf(`${at}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, ['Honor', 'Ignore']);
    errors.oneOf(`${at}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, ['Honor', 'Ignore']);
    if (matchLabelKeys?.length) spreadKeys(constraint, matchLabelKeys, `${at}.matchLabelKeys`, errors);
    validateLabelSelector(labelSelector, `${at}.labelSelector`, errors);
  }
}

function spreadKeys({ labelSelector }: TopologySpreadConstraint, keys: readonly string[], path: string, errors: FieldErrors): void {
  if (!labelSelector) errors.forbidden(path, 'must not be specified when labelSelector is not set');
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map((expression) => expression.key),
  ]);
  for (const [index, key] of keys.entries()) {
    qualifiedName(key, `${path}[${index}]`, errors);
    if (selected.has(key)) errors.invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector');
  }
}

export function validateGates(gates: readonly PodSchedulingGate[] | undefined, path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  for (const [index, { name }] of (gates ?? []).entries()) {
    qualifiedName(name, `${path}[${index}]`, errors);
    if (seen.has(name)) errors.duplicate(`${path}[${index}]`, name);
    seen.add(name);
  }
}
