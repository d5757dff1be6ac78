// Labels, annotations and the selectors over them.
import {
  isLabelValue,
  isQualifiedName,
  type LabelSelector,
  type NodeSelector,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
} from '@holdfast/schema';
import type { FieldErrors } from './field-errors.ts';
import { dnsSubdomain, qualifiedName } from './names.ts';

type StringMap = { readonly [key: string]: string };
const ANNOTATIONS_LIMIT = 256 * 1024;

/** Keys and values of labels; all are reported at the map's path. */
export function validateLabels(labels: StringMap | undefined, path: string, errors: FieldErrors): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.problems(path, key, isQualifiedName(key));
    errors.problems(path, value, isLabelValue(value));
  }
}

/** Keys of annotations, and how much they hold together. */
export function validateAnnotations(annotations: StringMap | undefined, path: string, errors: FieldErrors): void {
  let size = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.problems(path, key, isQualifiedName(key.toLowerCase()));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > ANNOTATIONS_LIMIT) errors.tooLong(path, ANNOTATIONS_LIMIT);
}

export function validateLabelSelector(selector: LabelSelector | undefined, path: string, errors: FieldErrors): void {
  if (!selector) return;
  validateLabels(selector.matchLabels, `${path}.matchLabels`, errors);
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else errors.invalid(`${at}.operator`, operator, 'not a valid selector operator');
    qualifiedName(key, `${at}.key`, errors);
    labelValues(values, `${at}.values`, errors);
  }
}

/** Whether a selector selects everything. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
}

function labelValues(values: readonly string[], path: string, errors: FieldErrors): void {
  for (const [index, value] of values.entries()) errors.problems(`${path}[${index}]`, value, isLabelValue(value));
}

export function validateNodeSelector(selector: NodeSelector, path: string, errors: FieldErrors): void {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term');
  for (const [index, term] of terms.entries()) validateNodeSelectorTerm(term, `${path}.nodeSelectorTerms[${index}]`, errors);
}

export function validateNodeSelectorTerm(term: NodeSelectorTerm, path: string, errors: FieldErrors): void {
  for (const [index, requirement] of (term.matchExpressions ?? []).entries())
    nodeRequirement(requirement, `${path}.matchExpressions[${index}]`, errors);
  for (const [index, requirement] of (term.matchFields ?? []).entries())
    nodeFieldRequirement(requirement, `${path}.matchFields[${index}]`, errors);
}

function nodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string, errors: FieldErrors): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      break;
    default:
      errors.invalid(`${path}.operator`, operator, 'not a valid selector operator');
  }
  qualifiedName(key, `${path}.key`, errors);
}

function nodeFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string, errors: FieldErrors): void {
  if (operator !== 'In' && operator !== 'NotIn') errors.invalid(`${path}.operator`, operator, 'not a valid selector operator');
  else if (values.length !== 1)
    errors.required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  if (key !== 'metadata.name') errors.invalid(`${path}.key`, key, 'not a valid field selector key');
  else for (const [index, value] of values.entries()) dnsSubdomain(value, `${path}.values[${index}]`, errors);
}
