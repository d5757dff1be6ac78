// ValidatingAdmissionPolicies: expressions that must hold for a request, with parameters that their bindings name.
import { forbidden, type KubeObject, labelSelector, parseApiVersion, StatusError } from '@holdfast/schema';
import { collectionPrefix, type ServerContext, storageKey } from '../../core/server-context.ts';
import { loadCel } from '../../crd/cel-module.ts';
import type { ResourceDefinition } from '../../registry/resource-definition.ts';
import type { Attributes } from '../plugin.ts';
import { isExempt, isMeant, meantVersion } from '../rules.ts';
import { namespaceOf, selectsNamespace, selectsObject } from '../selected.ts';
import { variablesOf } from '../variables.ts';
import type { Binding, CompiledValidation, Matched, Policy } from './policy.ts';

/** Cost of all expressions of one policy for one request (upstream's RuntimeCELCostBudget). */
const BUDGET = 10_000_000;
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413 };
const MAX_MESSAGE = 5 * 1024;
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

interface Failure {
  readonly message: string;
  readonly reason: string;
}

/** Whether any policy is bound. */
export function hasPolicies({ policies, store }: ServerContext): boolean {
  return policies !== undefined && policies.bound(store).length > 0;
}

/** Throws StatusError where a policy that is bound with Deny does not hold; with Warn the caller is told. */
export async function evaluatePolicies(server: ServerContext, attributes: Attributes): Promise<void> {
  const bound = server.policies?.bound(server.store) ?? [];
  // What the server does on its own behalf is not asked about.
  if (bound.length === 0 || !attributes.user || isExempt(attributes)) return;
  await loadCel();
  for (const { policy, binding } of bound) {
    for (const failure of await failuresOf(server, attributes, policy, binding)) act(attributes, policy, binding, failure);
  }
}

function act(attributes: Attributes, policy: Policy, binding: Binding, { message, reason }: Failure): void {
  const who = `ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}'`;
  const actions = binding.spec.validationActions ?? [];
  if (actions.includes('Warn')) attributes.warnings?.push(`Validation failed for ${who}: ${message}`.replaceAll(/[^\x20-\x7e]/g, ' '));
  if (!actions.includes('Deny')) return;
  const words = `${who} denied request: ${message}`;
  const { status } = forbidden(attributes.definition, attributes.name, words, [{ message: words }]);
  throw new StatusError({ ...status, reason, code: CODES[reason] ?? 422 });
}

/** What does not hold, for each of the parameters that the binding names. */
async function failuresOf(server: ServerContext, attributes: Attributes, policy: Policy, binding: Binding): Promise<readonly Failure[]> {
  const target = meant(server, attributes, policy.matched);
  if (!target || (binding.matched && !meant(server, attributes, binding.matched))) return [];
  const failed = (message: string): readonly Failure[] => (policy.failOpen ? [] : [{ message, reason: 'Invalid' }]);
  const params = paramsOf(server, attributes, policy, binding);
  if (typeof params === 'string') return failed(params);
  const namespaceObject = namespaceOf(server, attributes) ?? null;
  const found: Failure[] = [];
  for (const param of params) {
    const variables = { ...variablesOf(server, attributes, target), params: param, namespaceObject };
    const conditions = await policy.conditions.hold(() => variables);
    if ('error' in conditions) found.push(...failed(conditions.error));
    else if (conditions.matches) {
      const { expressions, validations } = policy.compiled();
      const evaluate = expressions.evaluation(variables, BUDGET);
      for (const one of validations) found.push(...evaluated(one, evaluate, failed));
    }
  }
  return found;
}

function evaluated(
  { validation, program, message }: CompiledValidation,
  evaluate: ReturnType<ReturnType<Policy['compiled']>['expressions']['evaluation']>,
  failed: (message: string) => readonly Failure[],
): readonly Failure[] {
  const outcome = 'error' in program ? program : evaluate(program.program);
  if ('exceeded' in outcome) return failed(OUT_OF_BUDGET);
  if ('error' in outcome) return failed(`expression '${validation.expression}' resulted in error: ${outcome.error}`);
  if (outcome.value === true) return [];
  const said = message && 'program' in message ? evaluate(message.program) : undefined;
  const own = said && 'value' in said && typeof said.value === 'string' ? said.value.trim() : '';
  const usable = own !== '' && own.length <= MAX_MESSAGE && !own.includes('\n');
  const fallback = validation.message?.trim() || `failed expression: ${validation.expression.trim()}`;
  return [{ message: usable ? own : fallback, reason: validation.reason || 'Invalid' }];
}

function meant(server: ServerContext, attributes: Attributes, { resources, namespaces, objects }: Matched): ResourceDefinition | undefined {
  const { resourceRules, excludeResourceRules = [], matchPolicy } = resources;
  const { definition } = attributes;
  if (!selectsNamespace(namespaces, server, attributes) || !selectsObject(objects, attributes)) return undefined;
  if (excludeResourceRules.some((rule) => isMeant(rule, attributes, definition))) return undefined;
  // A binding without rules means all that its policy means.
  return resourceRules?.length ? meantVersion(server.registry, resourceRules, matchPolicy, attributes) : definition;
}

/** The parameters of a binding: [null] where the policy has none; a text says what is wrong with them. */
function paramsOf(
  { store, registry }: ServerContext,
  { namespace }: Attributes,
  { spec: { paramKind } }: Policy,
  { spec: { paramRef } }: Binding,
): readonly (KubeObject | null)[] | string {
  if (!paramKind || !paramRef) return [null];
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '');
  const definition = registry.ofKind(group, version, paramKind.kind ?? '');
  if (!definition)
    return `failed to configure policy: failed to find resource referenced by paramKind: '${paramKind.apiVersion}, Kind=${paramKind.kind}'`;
  const place = paramRef.namespace || namespace;
  if (definition.namespaced && place === '')
    return 'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources';
  const { selector } = paramRef;
  const entries = paramRef.name
    ? [store.get(storageKey(definition, place, paramRef.name))]
    : store.list(collectionPrefix(definition, place)).entries.filter(({ value }) => labelSelector(selector).matches(value.metadata.labels));
  const found = entries.flatMap((entry) => (entry ? [definition.fromStored(entry.value)] : []));
  if (found.length > 0) return found;
  if (paramRef.parameterNotFoundAction === 'Allow') return [];
  return 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
}
