// Who may do what: administrators everything, nodes what their pods need, everyone else what their roles say.
import type { PolicyRule, UserInfo } from '@holdfast/schema';
import type { Attributes } from './attributes.ts';
import type { Decision, UserRules } from './decision.ts';
import { nodeDecision, nodeNameOf } from './node/node-decision.ts';
import type { NodeGraph } from './node/node-graph.ts';
import type { RbacIndex } from './rbac/rbac-index.ts';

export const MASTERS = 'system:masters';

/** Decides within microseconds, from indexes that follow the store. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision;
  rulesOf(user: UserInfo, namespace: string): UserRules;
  /** The rules behind a binding's reference; throws NotFound (404) when there is no such role. */
  rulesOfRole(kind: string, name: string, namespace: string): readonly PolicyRule[];
}

/** Everything is allowed: for servers whose callers are trusted, such as copies made to predict with. */
export const allowAll: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesOf: () => ({ rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], problem: '' }),
  rulesOfRole: () => [],
};

export function createAuthorizer(rbac: RbacIndex, nodes: NodeGraph): Authorizer {
  return {
    authorize: (attributes) => {
      if (attributes.user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
      const asNode = nodeDecision(nodes, attributes);
      if (asNode?.allowed) return asNode;
      const byRole = rbac.decide(attributes);
      if (byRole.allowed) return byRole;
      return { allowed: false, reason: [asNode?.reason, byRole.reason].filter(Boolean).join('\n') };
    },
    rulesOf: (user, namespace) => {
      const found = rbac.rulesOf(user, namespace);
      const problems = [found.problem, nodeNameOf(user) === undefined ? '' : 'node authorizer does not support user rule resolution'];
      return { rules: found.rules, problem: problems.filter(Boolean).join(', ') };
    },
    rulesOfRole: (kind, name, namespace) => rbac.rulesOfRole(kind, name, namespace),
  };
}
