// Configurations of admission webhooks (upstream's pkg/apis/admissionregistration/validation).
import {
  isDns1035Label,
  isDns1123Subdomain,
  type MatchCondition,
  type MutatingWebhook,
  type RuleWithOperations,
  type ValidatingWebhook,
} from '@holdfast/schema';
import { withCel } from '../../crd/cel-module.ts';
import type { FieldErrors } from '../field-errors.ts';
import { validateLabelSelector } from '../labels.ts';
import { qualifiedName } from '../names.ts';

export interface WebhookConfiguration {
  readonly webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[];
}

type ClientConfig = MutatingWebhook['clientConfig'];

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const URL_FORM = '; desired format: https://host[/path]';
const MAX_TIMEOUT_SECONDS = 30;
const MAX_PORT = 65_535;
const MAX_CONDITIONS = 64;

/** To be called after CEL is loaded. */
export function validateWebhooks({ webhooks = [] }: WebhookConfiguration, mutating: boolean, errors: FieldErrors): void {
  const names = new Set<string>();
  for (const [index, webhook] of webhooks.entries()) {
    const at = `webhooks[${index}]`;
    validateWebhook(webhook, mutating, at, errors);
    if (webhook.name && names.has(webhook.name)) errors.duplicate(`${at}.name`, webhook.name);
    names.add(webhook.name);
  }
}

function validateWebhook(webhook: MutatingWebhook | ValidatingWebhook, mutating: boolean, at: string, errors: FieldErrors): void {
  const { name, failurePolicy, matchPolicy, sideEffects, timeoutSeconds, namespaceSelector, objectSelector, rules = [] } = webhook;
  fullyQualified(name, `${at}.name`, errors);
  reviewVersions(webhook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`, errors);
  for (const [index, rule] of rules.entries()) validateRule(rule, `${at}.rules[${index}]`, errors);
  errors.oneOf(`${at}.failurePolicy`, failurePolicy, ['Fail', 'Ignore']);
  errors.oneOf(`${at}.matchPolicy`, matchPolicy, ['Equivalent', 'Exact']);
  if (!sideEffects) errors.required(`${at}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`);
  else errors.oneOf(`${at}.sideEffects`, sideEffects, SIDE_EFFECTS);
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > MAX_TIMEOUT_SECONDS))
    errors.invalid(`${at}.timeoutSeconds`, timeoutSeconds, `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`);
  validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`, errors);
  validateLabelSelector(objectSelector, `${at}.objectSelector`, errors);
  if (mutating && 'reinvocationPolicy' in webhook)
    errors.oneOf(`${at}.reinvocationPolicy`, webhook.reinvocationPolicy, ['IfNeeded', 'Never']);
  validateClientConfig(webhook.clientConfig, `${at}.clientConfig`, errors);
  validateMatchConditions('webhook', webhook.matchConditions ?? [], `${at}.matchConditions`, errors);
}

function fullyQualified(name: string | undefined, at: string, errors: FieldErrors): void {
  if (!name) return errors.required(at);
  const problems = isDns1123Subdomain(name);
  errors.problems(at, name, problems);
  if (problems.length === 0 && name.split('.').length < 3)
    errors.invalid(at, name, 'should be a domain with at least three segments separated by dots');
}

function reviewVersions(versions: readonly string[], at: string, errors: FieldErrors): void {
  if (versions.length === 0) return errors.required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`);
  for (const [index, version] of versions.entries()) {
    errors.problems(`${at}[${index}]`, version, isDns1035Label(version));
    if (versions.indexOf(version) < index) errors.invalid(`${at}[${index}]`, version, 'duplicate version');
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`);
}

/** Rules of webhooks, and of policies. */
export function validateRule(rule: RuleWithOperations, at: string, errors: FieldErrors): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  allOrSome(operations, `${at}.operations`, 'operations', errors);
  for (const [index, operation] of operations.entries())
    if (!OPERATIONS.includes(operation)) errors.notSupported(`${at}.operations[${index}]`, operation, OPERATIONS);
  allOrSome(apiGroups, `${at}.apiGroups`, 'API groups', errors);
  allOrSome(apiVersions, `${at}.apiVersions`, 'API versions', errors);
  for (const [index, version] of apiVersions.entries()) if (version === '') errors.required(`${at}.apiVersions[${index}]`);
  if (resources.length === 0) errors.required(`${at}.resources`);
  for (const [index, resource] of resources.entries()) if (resource === '') errors.required(`${at}.resources[${index}]`);
  if (resources.length > 1 && resources.includes('*/*'))
    errors.invalid(`${at}.resources`, resources, "if '*/*' is present, must not specify other resources");
  errors.oneOf(`${at}.scope`, scope, ['*', 'Cluster', 'Namespaced']);
}

function allOrSome(values: readonly string[], at: string, what: string, errors: FieldErrors): void {
  if (values.length === 0) errors.required(at);
  if (values.length > 1 && values.includes('*')) errors.invalid(at, values, `if '*' is present, must not specify other ${what}`);
}

function validateClientConfig(config: ClientConfig | undefined, at: string, errors: FieldErrors): void {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined)) return errors.required(at, 'exactly one of url or service is required');
  if (url !== undefined) return validateUrl(url, `${at}.url`, errors);
  const { name, namespace, port, path } = service ?? {};
  if (!name) errors.required(`${at}.service.name`, 'service name is required');
  if (!namespace) errors.required(`${at}.service.namespace`, 'service namespace is required');
  if (port !== undefined && (port < 1 || port > MAX_PORT))
    errors.invalid(`${at}.service.port`, port, 'port is not valid: must be between 1 and 65535, inclusive');
  if (path !== undefined && path !== '' && !path.startsWith('/')) errors.invalid(`${at}.service.path`, path, "must start with a '/'");
}

function validateUrl(url: string, at: string, errors: FieldErrors): void {
  if (!URL.canParse(url)) return errors.required(at, `url must be a valid URL: ${JSON.stringify(url)} cannot be parsed${URL_FORM}`);
  const { protocol, host, username, password, hash, search } = new URL(url);
  if (protocol !== 'https:') errors.invalid(at, protocol.replace(/:$/, ''), `'https' is the only allowed URL scheme${URL_FORM}`);
  if (host === '') errors.invalid(at, host, `host must be specified${URL_FORM}`);
  if (username !== '' || password !== '') errors.invalid(at, username, 'user information is not permitted in the URL');
  if (hash !== '') errors.invalid(at, hash.slice(1), 'fragments are not permitted in the URL');
  if (search !== '') errors.invalid(at, search.slice(1), 'query parameters are not permitted in the URL');
}

/** Conditions of webhooks, and of policies. To be called after CEL is loaded. */
export function validateMatchConditions(
  kind: 'webhook' | 'policy',
  conditions: readonly MatchCondition[],
  at: string,
  errors: FieldErrors,
): void {
  if (conditions.length === 0) return;
  if (conditions.length > MAX_CONDITIONS) return errors.tooMany(at, conditions.length, MAX_CONDITIONS);
  const expressions = withCel().admission(kind);
  const names = new Set<string>();
  for (const [index, { name, expression }] of conditions.entries()) {
    const own = `${at}[${index}]`;
    if (!expression?.trim()) errors.required(`${own}.expression`);
    else {
      const compiled = expressions.compile(expression, 'bool');
      if ('error' in compiled) errors.invalid(`${own}.expression`, expression, compiled.error);
    }
    if (!name) errors.required(`${own}.name`);
    else qualifiedName(name, `${own}.name`, errors);
    if (name && names.has(name)) errors.duplicate(`${own}.name`, name);
    names.add(name);
  }
}
