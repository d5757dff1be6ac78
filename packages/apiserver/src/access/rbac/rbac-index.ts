// Roles and bindings in the order in which decisions need them, kept in step with the store.
import { type KubeObject, notFound, type PolicyRule, type RoleRef, type Subject, type UserInfo } from '@holdfast/schema';
import type { Store } from '@holdfast/store';
import type { Attributes } from '../attributes.ts';
import type { Decision, UserRules } from '../decision.ts';
import { ruleAllows } from './matches.ts';
import { describeSubject, subjectKey, subjectKeysOf } from './subjects.ts';

const GROUP = 'rbac.authorization.k8s.io';
export const RBAC_PREFIX = `${GROUP}/`;

interface Binding {
  readonly id: string;
  /** '' for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly name: string;
  readonly roleRef: RoleRef;
  readonly subjects: readonly Subject[];
}

/** One way in which a rule comes to a user. */
interface Grant {
  readonly binding: Binding;
  readonly subject: string;
  readonly rules: readonly PolicyRule[] | undefined;
}

export class RbacIndex {
  /** By 'namespace/name'; cluster roles have no namespace. */
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #bindings = new Map<string, Binding>();
  /** By subject, then by namespace ('' for the cluster), then by id. */
  readonly #bySubject = new Map<string, Map<string, Map<string, Binding>>>();

  clear(): void {
    for (const map of [this.#roles, this.#bindings, this.#bySubject]) map.clear();
  }

  /** Takes in what is stored now. */
  load(store: Pick<Store<KubeObject>, 'list'>): number {
    const { entries, revision } = store.list(RBAC_PREFIX);
    for (const { key, value } of entries) this.put(key, value);
    return revision;
  }

  put(key: string, object: KubeObject): void {
    const { resource, namespace, name } = partsOf(key);
    if (resource === 'roles' || resource === 'clusterroles') {
      this.#roles.set(`${namespace}/${name}`, (object as { readonly rules?: readonly PolicyRule[] }).rules ?? []);
      return;
    }
    this.#removeBinding(key);
    const { roleRef, subjects = [] } = object as unknown as { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] };
    const binding = { id: key, namespace, name, roleRef, subjects };
    this.#bindings.set(key, binding);
    for (const subject of subjects) this.#of(subjectKey(subject, namespace), namespace).set(key, binding);
  }

  remove(key: string): void {
    const { resource, namespace, name } = partsOf(key);
    if (resource === 'roles' || resource === 'clusterroles') this.#roles.delete(`${namespace}/${name}`);
    else this.#removeBinding(key);
  }

  decide(attributes: Attributes): Decision {
    const missing: string[] = [];
    for (const { binding, subject, rules } of this.#grants(attributes.user, attributes.kind === 'path' ? '' : attributes.namespace)) {
      if (!rules) missing.push(missingRole(binding.roleRef));
      else if (rules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: reasonOf(binding, subject) };
    }
    return { allowed: false, reason: missing.length > 0 ? `RBAC: ${listed(missing)}` : '' };
  }

  rulesOf(user: UserInfo, namespace: string): UserRules {
    const grants = [...this.#grants(user, namespace)];
    const missing = grants.filter(({ rules }) => !rules).map(({ binding }) => missingRole(binding.roleRef));
    return { rules: grants.flatMap(({ rules }) => rules ?? []), problem: missing.length > 0 ? listed(missing) : '' };
  }

  rulesOfRole(kind: string, name: string, namespace: string): readonly PolicyRule[] {
    const cluster = kind === 'ClusterRole';
    const rules = this.#roles.get(`${cluster ? '' : namespace}/${name}`);
    if (!rules) throw notFound({ group: GROUP, resource: cluster ? 'clusterroles' : 'roles' }, name);
    return rules;
  }

  *#grants(user: UserInfo, namespace: string): Generator<Grant> {
    const keys = subjectKeysOf(user);
    for (const scope of namespace === '' ? [''] : ['', namespace]) {
      for (const key of keys) {
        for (const binding of this.#bySubject.get(key)?.get(scope)?.values() ?? []) {
          const owner = binding.roleRef.kind === 'ClusterRole' ? '' : binding.namespace;
          yield { binding, subject: key, rules: this.#roles.get(`${owner}/${binding.roleRef.name}`) };
        }
      }
    }
  }

  #of(subject: string, namespace: string): Map<string, Binding> {
    const scopes = this.#bySubject.get(subject) ?? new Map<string, Map<string, Binding>>();
    this.#bySubject.set(subject, scopes);
    const bindings = scopes.get(namespace) ?? new Map<string, Binding>();
    scopes.set(namespace, bindings);
    return bindings;
  }

  #removeBinding(id: string): void {
    const binding = this.#bindings.get(id);
    if (!binding) return;
    this.#bindings.delete(id);
    for (const subject of binding.subjects) {
      const key = subjectKey(subject, binding.namespace);
      const scopes = this.#bySubject.get(key);
      const bindings = scopes?.get(binding.namespace);
      bindings?.delete(id);
      if (bindings?.size === 0) scopes?.delete(binding.namespace);
      if (scopes?.size === 0) this.#bySubject.delete(key);
    }
  }
}

/** 'rbac.authorization.k8s.io/roles/ns/name'. Names may hold colons, never slashes. */
function partsOf(key: string): { readonly resource: string; readonly namespace: string; readonly name: string } {
  const [, resource = '', ...rest] = key.split('/');
  return rest.length > 1 ? { resource, namespace: rest[0] ?? '', name: rest[1] ?? '' } : { resource, namespace: '', name: rest[0] ?? '' };
}

function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.${GROUP} ${JSON.stringify(name)} not found`;
}

function listed(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

function reasonOf({ namespace, name, roleRef }: Binding, subject: string): string {
  const binding = namespace === '' ? `ClusterRoleBinding ${JSON.stringify(name)}` : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  return `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${describeSubject(subject)}`;
}
