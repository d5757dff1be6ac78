// Nobody gives away rights that they do not have, by writing a role or by binding one.
import { deepEqual, forbidden, type KubeObject, type PolicyRule, type RoleRef, type UserInfo } from '@holdfast/schema';
import { MASTERS } from '../access/authorizer.ts';
import { missingRights } from '../access/rbac/covers.ts';
import type { ServerContext } from '../core/server-context.ts';
import type { AdmissionPlugin, Attributes } from './plugin.ts';

const GROUP = 'rbac.authorization.k8s.io';

export const escalation: AdmissionPlugin = (server, attributes) => {
  const { definition, object, user } = attributes;
  if (definition.group !== GROUP || !user || user.groups.includes(MASTERS) || onlyMetadata(attributes)) return object;
  const binding = definition.resource === 'rolebindings' || definition.resource === 'clusterrolebindings';
  const wanted = binding ? boundRules(server, attributes, user) : grantedRules(server, attributes, user);
  if (!wanted) return object;
  const held = server.authorizer.rulesOf(user, attributes.namespace);
  const missing = missingRights(held.rules, wanted);
  if (missing.length === 0) return object;
  const groups = `[${user.groups.map((group) => JSON.stringify(group)).join(' ')}]`;
  const problem = held.problem ? `; resolution errors: [${held.problem}]` : '';
  throw forbidden(
    definition,
    attributes.name,
    `user ${JSON.stringify(user.username)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}${problem}`,
  );
};

/** Labels, owners and finalizers give nobody rights. */
function onlyMetadata({ object, old }: Attributes): boolean {
  if (!old) return false;
  const { metadata: _new, ...next } = object;
  const { metadata: _old, ...before } = old;
  return deepEqual(next, before);
}

/** Undefined where the user may write any role. */
function grantedRules(server: ServerContext, { definition, object, namespace, name, operation }: Attributes, user: UserInfo) {
  // The name of a new role is not part of the request's path, so no rule for one name allows it.
  const asked = { verb: 'escalate', resource: definition.resource, name: operation === 'CREATE' ? '' : name };
  if (may(server, user, namespace, asked)) return undefined;
  return (object as KubeObject & { readonly rules?: readonly PolicyRule[] }).rules ?? [];
}

/** Undefined where the user may bind this role. */
function boundRules(server: ServerContext, { object, namespace }: Attributes, user: UserInfo): readonly PolicyRule[] | undefined {
  const { roleRef } = object as unknown as { readonly roleRef?: RoleRef };
  // What has no reference is refused by validation.
  if (!roleRef) return undefined;
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (may(server, user, namespace, { verb: 'bind', resource, name: roleRef.name })) return undefined;
  return server.authorizer.rulesOfRole(roleRef.kind, roleRef.name, namespace);
}

function may(
  { authorizer }: ServerContext,
  user: UserInfo,
  namespace: string,
  asked: { readonly verb: string; readonly resource: string; readonly name: string },
): boolean {
  return authorizer.authorize({ kind: 'resource', user, group: GROUP, subresource: '', namespace, ...asked }).allowed;
}
