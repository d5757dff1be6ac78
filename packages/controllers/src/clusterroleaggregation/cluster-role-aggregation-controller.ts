// Fills ClusterRoles that say which others they are put together from: `view`, `edit` and `admin` are empty without it.
import { type ComponentFactory, createController, requestOf, watch } from '@holdfast/controller';
import { type ClusterRole, CLUSTERROLES, deepEqual, isConflict, labelSelector, type PolicyRule } from '@holdfast/schema';

export const clusterRoleAggregationController: ComponentFactory = (context) => {
  const { client, informers } = context;
  const roles = informers.informer(CLUSTERROLES);
  const aggregating = (): readonly ClusterRole[] => roles.list().filter((role) => role.aggregationRule !== undefined);

  async function reconcile({ name }: { readonly name: string }): Promise<void> {
    const role = roles.get({ name });
    if (!role?.aggregationRule) return;
    const rules = aggregatedRules(role, roles.list());
    if (deepEqual(rules, role.rules ?? [])) return;
    await client.update(CLUSTERROLES, { ...role, rules }).catch((error: unknown) => {
      // What somebody else wrote comes by the informer, and is looked at then.
      if (!isConflict(error)) throw error;
    });
  }

  return createController({
    name: 'clusterrole-aggregation',
    context,
    reconciler: { reconcile },
    // A role may have become, or ceased to be, part of any of them.
    watches: [watch(roles, () => aggregating().map((role) => requestOf(role)))],
  });
};

/** The rules of all roles that the selectors mean, in the order of their names, each rule once. */
export function aggregatedRules(role: ClusterRole, roles: readonly ClusterRole[]): readonly PolicyRule[] {
  const named = roles.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selected = labelSelector(selector);
    for (const part of named) {
      if (part.metadata.name === role.metadata.name || !selected.matches(part.metadata.labels ?? {})) continue;
      for (const rule of part.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
