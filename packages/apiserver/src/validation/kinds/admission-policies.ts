// ValidatingAdmissionPolicies and their bindings (upstream's pkg/apis/admissionregistration/validation).
import type { MatchResources, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@holdfast/schema';
import { withCel } from '../../crd/cel-module.ts';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { validateMatchConditions, validateRule } from './webhooks.ts';

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** To be called after CEL is loaded. */
export function validateAdmissionPolicy({ spec = {} }: ValidatingAdmissionPolicy, errors: FieldErrors): void {
  const { paramKind, matchConstraints, validations = [], auditAnnotations = [], variables = [], failurePolicy } = spec;
  errors.oneOf('spec.failurePolicy', failurePolicy, ['Fail', 'Ignore']);
  if (paramKind) {
    if (!paramKind.apiVersion) errors.required('spec.paramKind.apiVersion');
    if (!paramKind.kind) errors.required('spec.paramKind.kind');
  }
  if (!matchConstraints) errors.required('spec.matchConstraints');
  else {
    validateMatchResources(matchConstraints, 'spec.matchConstraints', errors);
    if (!matchConstraints.resourceRules?.length) errors.required('spec.matchConstraints.resourceRules');
  }
  validateMatchConditions('policy', spec.matchConditions ?? [], 'spec.matchConditions', errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.required('spec.validations', 'validations or auditAnnotations must contain at least one item');
    errors.required('spec.auditAnnotations', 'validations or auditAnnotations must contain at least one item');
  }
  if (variables.length === 0 && validations.length === 0) return;
  const expressions = withCel().admission('policy');
  for (const [index, variable] of variables.entries()) {
    const at = `spec.variables[${index}]`;
    if (!IDENTIFIER.test(variable.name ?? '')) errors.invalid(`${at}.name`, variable.name ?? '', 'name is not a valid CEL identifier');
    if (!variable.expression?.trim()) errors.required(`${at}.expression`, 'expression is not specified');
    else {
      const problem = expressions.declare(variable);
      if (problem !== undefined) errors.invalid(`${at}.expression`, variable.expression, problem);
    }
  }
  for (const [index, { expression, message, messageExpression, reason }] of validations.entries()) {
    const at = `spec.validations[${index}]`;
    compiles(expression, 'bool', `${at}.expression`);
    if (messageExpression) compiles(messageExpression, 'string', `${at}.messageExpression`);
    if (message !== undefined && /[\n\r]/.test(message)) errors.invalid(`${at}.message`, message, 'message must not contain line breaks');
    if (reason) errors.oneOf(`${at}.reason`, reason, REASONS);
  }
  function compiles(text: string | undefined, type: 'bool' | 'string', at: string): void {
    if (!text?.trim()) return errors.required(at, 'expression is not specified');
    const compiled = expressions.compile(text, type);
    if ('error' in compiled) errors.invalid(at, text, compiled.error);
  }
}

export function validateAdmissionPolicyBinding({ spec = {} }: ValidatingAdmissionPolicyBinding, errors: FieldErrors): void {
  const { policyName, paramRef, matchResources, validationActions = [] } = spec;
  if (!policyName) errors.required('spec.policyName');
  if (paramRef) {
    if (!paramRef.name && !paramRef.selector) errors.required('spec.paramRef', 'one of name or selector must be specified');
    if (paramRef.name && paramRef.selector) errors.forbidden('spec.paramRef.name', 'name and selector are mutually exclusive');
    if (!paramRef.parameterNotFoundAction) errors.required('spec.paramRef.parameterNotFoundAction');
    else errors.oneOf('spec.paramRef.parameterNotFoundAction', paramRef.parameterNotFoundAction, ['Allow', 'Deny']);
    validateLabelSelector(paramRef.selector, 'spec.paramRef.selector', errors);
  }
  if (matchResources) validateMatchResources(matchResources, 'spec.matchResources', errors);
  if (validationActions.length === 0) errors.required('spec.validationActions');
  for (const [index, action] of validationActions.entries()) {
    const at = `spec.validationActions[${index}]`;
    errors.oneOf(at, action, ACTIONS);
    if (validationActions.indexOf(action) < index) errors.duplicate(at, action);
  }
  if (validationActions.includes('Deny') && validationActions.includes('Warn'))
    errors.invalid(
      'spec.validationActions',
      validationActions,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    );
}

function validateMatchResources(resources: MatchResources, at: string, errors: FieldErrors): void {
  errors.oneOf(`${at}.matchPolicy`, resources.matchPolicy, ['Equivalent', 'Exact']);
  validateLabelSelector(resources.namespaceSelector, `${at}.namespaceSelector`, errors);
  validateLabelSelector(resources.objectSelector, `${at}.objectSelector`, errors);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const)
    for (const [index, rule] of (resources[field] ?? []).entries()) validateRule(rule, `${at}.${field}[${index}]`, errors);
}
