// Label selectors: as text ('app=web,tier in (a,b),!canary') and as the LabelSelector object.
import type { LabelSelector } from '../generated/types.ts';
import { badRequest } from '../errors.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import { parseRequirements } from './label-parser.ts';
import type { LabelRequirement } from './label-requirement.ts';

/** Decides which labels are meant. */
export interface LabelMatcher {
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** Canonical text, as a Scale's status.selector has it; '' when everything is meant. */
  toString(): string;
  /** Whether every object is meant. */
  readonly everything: boolean;
}

/** Parses a selector's text. '' means everything. Throws BadRequest with upstream's words. */
export function parseLabelSelector(text: string): LabelMatcher {
  const requirements = parseRequirements(text);
  for (const requirement of requirements) {
    const problem = requirementProblem(requirement);
    if (problem !== undefined) throw badRequest(`unable to parse requirement: ${problem}`);
  }
  return matcher(requirements);
}

/** A LabelSelector object's matcher: absent matches nothing, empty everything. Throws BadRequest for an unknown operator. */
export function labelSelector(selector: LabelSelector | null | undefined): LabelMatcher {
  if (selector === undefined || selector === null) return NOTHING;
  const fromLabels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): LabelRequirement => ({ key, operator: '=', values: [value] }),
  );
  return matcher([...fromLabels, ...(selector.matchExpressions ?? []).map(fromExpression)]);
}

/** Matches labels that have all of `labels`, such as a Service's selector. */
export function labelSet(labels: Readonly<Record<string, string>>): LabelMatcher {
  return labelSelector({ matchLabels: labels });
}

const NOTHING: LabelMatcher = { matches: () => false, toString: () => '', everything: false };

function matcher(unsorted: readonly LabelRequirement[]): LabelMatcher {
  const requirements = unsorted.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return {
    matches: (labels = {}) => requirements.every((r) => holds(r, Object.hasOwn(labels, r.key) ? labels[r.key] : undefined)),
    toString: () => requirements.map(requirementText).join(','),
    everything: requirements.length === 0,
  };
}

function holds({ operator, values }: LabelRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return actual !== undefined && values.includes(actual);
    case '!=':
    case 'notin':
      return actual === undefined || !values.includes(actual);
    case 'exists':
      return actual !== undefined;
    case '!':
      return actual === undefined;
    case 'gt':
    case 'lt':
      return actual !== undefined && compareWhole(actual, values[0], operator);
  }
}

/** Compares as 64-bit integers; text that is none does not match. */
export function compareWhole(actual: string, wanted: string | undefined, operator: 'gt' | 'lt'): boolean {
  if (wanted === undefined || !/^[+-]?\d{1,19}$/.test(actual) || !/^[+-]?\d{1,19}$/.test(wanted)) return false;
  const left = BigInt(actual.replace(/^\+/, ''));
  const right = BigInt(wanted.replace(/^\+/, ''));
  return operator === 'gt' ? left > right : left < right;
}

function fromExpression(expression: NonNullable<LabelSelector['matchExpressions']>[number]): LabelRequirement {
  const { key, operator } = expression;
  const values = [...(expression.values ?? [])].sort();
  switch (operator) {
    case 'In':
      return { key, operator: 'in', values };
    case 'NotIn':
      return { key, operator: 'notin', values };
    case 'Exists':
      return { key, operator: 'exists', values: [] };
    case 'DoesNotExist':
      return { key, operator: '!', values: [] };
    default:
      throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${values[0]}`;
  }
}

function requirementProblem({ key, operator, values }: LabelRequirement): string | undefined {
  const keyProblem = isQualifiedName(key)[0];
  if (keyProblem !== undefined) return `key: Invalid value: ${JSON.stringify(key)}: ${isQualifiedName(key).join('; ')}`;
  if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d{1,19}$/.test(values[0] ?? '')) {
    return `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`;
  }
  for (const [i, value] of values.entries()) {
    const problems = isLabelValue(value);
    if (problems.length > 0) return `values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`;
  }
  return undefined;
}
