// Affinity: which nodes and which neighbours a pod wants.
import { type Affinity, isDns1123Label, type LabelSelector, type NodeAffinity, type PodAffinityTerm } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector, validateNodeSelector, validateNodeSelectorTerm } from '../labels.ts';
import { qualifiedName } from '../names.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: Affinity | undefined, path: string, errors: FieldErrors): void {
  if (!affinity) return;
  if (affinity.nodeAffinity) nodeAffinity(affinity.nodeAffinity, `${path}.nodeAffinity`, errors);
  if (affinity.podAffinity) podAffinity(affinity.podAffinity, `${path}.podAffinity`, errors);
  if (affinity.podAntiAffinity) podAffinity(affinity.podAntiAffinity, `${path}.podAntiAffinity`, errors);
}

function nodeAffinity(affinity: NodeAffinity, path: string, errors: FieldErrors): void {
  const required = affinity[REQUIRED];
  if (required) validateNodeSelector(required, `${path}.${REQUIRED}`, errors);
  for (const [index, { weight, preference }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${index}]`;
    checkWeight(weight, at, errors);
    validateNodeSelectorTerm(preference, `${at}.preference`, errors);
  }
}

function podAffinity(affinity: NonNullable<Affinity['podAffinity']>, path: string, errors: FieldErrors): void {
  for (const [index, term] of (affinity[REQUIRED] ?? []).entries()) affinityTerm(term, `${path}.${REQUIRED}[${index}]`, errors);
  for (const [index, { weight, podAffinityTerm }] of (affinity[PREFERRED] ?? []).entries()) {
    const at = `${path}.${PREFERRED}[${index}]`;
    checkWeight(weight, at, errors);
    affinityTerm(podAffinityTerm, `${at}.podAffinityTerm`, errors);
  }
}

function checkWeight(weight: number, path: string, errors: FieldErrors): void {
  if (weight <= 0 || weight > 100) errors.invalid(`${path}.weight`, weight, 'must be in the range 1-100');
}

function affinityTerm(term: PodAffinityTerm, path: string, errors: FieldErrors): void {
  validateLabelSelector(term.labelSelector, `${path}.labelSelector`, errors);
  validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`, errors);
  for (const name of term.namespaces ?? []) errors.problems(`${path}.namespace`, name, isDns1123Label(name));
  labelKeys(term.matchLabelKeys, term.labelSelector, `${path}.matchLabelKeys`, errors);
  labelKeys(term.mismatchLabelKeys, term.labelSelector, `${path}.mismatchLabelKeys`, errors);
  for (const [index, key] of (term.matchLabelKeys ?? []).entries())
    if (term.mismatchLabelKeys?.includes(key))
      errors.invalid(`${path}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys');
  if (!term.topologyKey) errors.required(`${path}.topologyKey`, 'can not be empty');
  qualifiedName(term.topologyKey, `${path}.topologyKey`, errors);
}

function labelKeys(keys: readonly string[] | undefined, selector: LabelSelector | undefined, path: string, errors: FieldErrors): void {
  if (!keys?.length) return;
  if (!selector) return errors.forbidden(path, 'must not be specified when labelSelector is not set');
  for (const [index, key] of keys.entries()) qualifiedName(key, `${path}[${index}]`, errors);
}
