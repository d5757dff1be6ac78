// What a job makes of pods that fail in certain ways.
import { isQualifiedName, type JobSpec } from '@holdfast/schema';
import type { FieldErrors } from '../field-errors.ts';

type Rule = NonNullable<JobSpec['podFailurePolicy']>['rules'][number];

const MAX_RULES = 20;
const MAX_VALUES = 255;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const listed = (values: readonly string[]): string => `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;

export function podFailurePolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) errors.tooMany(`${path}.rules`, rules.length, MAX_RULES);
  for (const [index, rule] of rules.entries()) validateRule(spec, rule, `${path}.rules[${index}]`, errors);
}

function validateRule(spec: JobSpec, rule: Rule, path: string, errors: FieldErrors): void {
  const at = `${path}.action`;
  if (!rule.action) errors.required(at, listed(ACTIONS));
  else if (rule.action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) errors.invalid(at, rule.action, 'requires the backoffLimitPerIndex to be set');
  } else errors.oneOf(at, rule.action, ACTIONS);
  if (rule.onExitCodes) exitCodes(spec, rule.onExitCodes, `${path}.onExitCodes`, errors);
  const conditions = rule.onPodConditions ?? [];
  if (conditions.length > MAX_RULES) errors.tooMany(`${path}.onPodConditions`, conditions.length, MAX_RULES);
  for (const [index, { type, status }] of conditions.entries()) {
    const condition = `${path}.onPodConditions[${index}]`;
    errors.problems(`${condition}.type`, type, isQualifiedName(type));
    if (!status) errors.required(`${condition}.status`, listed(STATUSES));
    else errors.oneOf(`${condition}.status`, status, STATUSES);
  }
  const given = [rule.onExitCodes !== undefined, conditions.length > 0].filter(Boolean).length;
  if (given === 2) errors.invalid(path, rule, 'specifying both OnExitCodes and OnPodConditions is not supported');
  if (given === 0) errors.invalid(path, rule, 'specifying one of OnExitCodes and OnPodConditions is required');
}

function exitCodes(spec: JobSpec, rule: NonNullable<Rule['onExitCodes']>, path: string, errors: FieldErrors): void {
  const { operator, containerName } = rule;
  const values = rule.values ?? [];
  if (!operator) errors.required(`${path}.operator`, listed(OPERATORS));
  else errors.oneOf(`${path}.operator`, operator, OPERATORS);
  const containers = [...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])];
  if (containerName !== undefined && !containers.some((container) => container.name === containerName))
    errors.invalid(`${path}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template');
  if (values.length === 0) errors.invalid(`${path}.values`, values, 'at least one value is required');
  if (values.length > MAX_VALUES) errors.tooMany(`${path}.values`, values.length, MAX_VALUES);
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) errors.invalid(`${path}.values[${index}]`, value, 'must not be 0 for the In operator');
    if (values.indexOf(value) < index) errors.duplicate(`${path}.values[${index}]`, value);
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value))
    errors.invalid(`${path}.values`, values, 'must be ordered');
}
