// A ValidatingAdmissionPolicy and its bindings, ready to be asked.
import {
  type KubeObject,
  type LabelMatcher,
  labelSelector,
  type MatchResources,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
  type Validation,
} from '@holdfast/schema';
import type { AdmissionExpressions } from '@holdfast/schema/cel';
import type { Store } from '@holdfast/store';
import { withCel } from '../../crd/cel-module.ts';
import { matchConditions, type MatchConditions } from '../match-conditions.ts';

type Program = ReturnType<AdmissionExpressions['compile']>;

export interface CompiledValidation {
  readonly validation: Validation;
  readonly program: Program;
  readonly message: Program | undefined;
}

export interface Policy {
  readonly name: string;
  readonly spec: NonNullable<ValidatingAdmissionPolicy['spec']>;
  /** Whether a request is admitted when an expression fails. */
  readonly failOpen: boolean;
  readonly matched: Matched;
  readonly conditions: MatchConditions;
  /** To be called after CEL is loaded. */
  compiled(): { readonly expressions: AdmissionExpressions; readonly validations: readonly CompiledValidation[] };
}

export interface Binding {
  readonly name: string;
  readonly spec: NonNullable<ValidatingAdmissionPolicyBinding['spec']>;
  /** Absent: whatever the policy means. */
  readonly matched: Matched | undefined;
}

/** Which requests are meant. */
export interface Matched {
  readonly resources: MatchResources;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
}

const POLICIES = 'admissionregistration.k8s.io/validatingadmissionpolicies/';
const BINDINGS = 'admissionregistration.k8s.io/validatingadmissionpolicybindings/';

/** Policies as they are stored, made ready once each. */
export class PolicyCache {
  readonly #policies = new WeakMap<KubeObject, Policy>();

  /** Each binding with its policy, in the order of their names; a binding of a policy that is not there binds nothing. */
  bound(store: Store<KubeObject>): readonly { readonly policy: Policy; readonly binding: Binding }[] {
    if (store.count(BINDINGS) === 0) return [];
    return store.list(BINDINGS).entries.flatMap(({ value }) => {
      const { metadata, spec } = value as KubeObject & ValidatingAdmissionPolicyBinding;
      const stored = spec?.policyName ? store.get(`${POLICIES}${spec.policyName}`)?.value : undefined;
      if (!spec || !stored) return [];
      const matched = spec.matchResources ? matchedBy(spec.matchResources) : undefined;
      return [{ policy: this.#policyOf(stored), binding: { name: metadata.name ?? '', spec, matched } }];
    });
  }

  #policyOf(stored: KubeObject): Policy {
    const known = this.#policies.get(stored);
    if (known) return known;
    const made = policyOf(stored as KubeObject & ValidatingAdmissionPolicy);
    this.#policies.set(stored, made);
    return made;
  }
}

function policyOf({ metadata, spec = {} }: KubeObject & ValidatingAdmissionPolicy): Policy {
  let made: ReturnType<Policy['compiled']> | undefined;
  return {
    name: metadata.name ?? '',
    spec,
    failOpen: spec.failurePolicy === 'Ignore',
    matched: matchedBy(spec.matchConstraints ?? {}),
    conditions: matchConditions('policy', spec.matchConditions ?? []),
    compiled: () => (made ??= compile(spec)),
  };
}

function matchedBy(resources: MatchResources): Matched {
  return {
    resources,
    namespaces: labelSelector(resources.namespaceSelector ?? {}),
    objects: labelSelector(resources.objectSelector ?? {}),
  };
}

function compile(spec: Policy['spec']): ReturnType<Policy['compiled']> {
  const expressions = withCel().admission('policy');
  // What does not compile was refused when the policy was written; whoever speaks of it all the same finds nothing there.
  for (const variable of spec.variables ?? []) expressions.declare(variable);
  const validations = (spec.validations ?? []).map((validation) => ({
    validation,
    program: expressions.compile(validation.expression, 'bool'),
    message: validation.messageExpression ? expressions.compile(validation.messageExpression, 'string') : undefined,
  }));
  return { expressions, validations };
}
