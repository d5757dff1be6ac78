// A budget that never allows an eviction.
import { allowedDisruptions, toOne } from '../../model/budget.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'budget-blocks-drain',
  title: 'a PodDisruptionBudget never allows an eviction',
  about:
    'With maxUnavailable: 0, or minAvailable at or above the number of instances, no pod may ever be evicted: drains hang until somebody deletes the pod by force, which skips every safeguard. So do two budgets over the same pods: the eviction API refuses pods with more than one. Percentages are computed as the disruption controller does, rounded up.',
  loss: 'node upgrades hang; whoever ends them with --force or --disable-eviction takes instances without any budget',
  fix: 'set maxUnavailable: 1 in one budget only',
  sources: ['https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-budgets'],
  mistakes: [9],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['PodDisruptionBudget'],
  check(graph, workload) {
    const { source, replicas, replicasPath } = workload;
    // Blocking the only instance is often what is wanted.
    if (replicas < 2) return [];
    const budgets = graph.coverage.budgets(workload);
    const covers = { object: source, path: replicasPath, says: `has ${replicas} instances` };
    const [first, second] = budgets;
    if (first && second) {
      return [
        {
          object: second,
          path: ['spec', 'selector'],
          message: `${titleOf(first)} and ${titleOf(second)} both cover ${titleOf(source)}: no pod of it can be evicted`,
          evidence: [
            covers,
            { object: first, path: ['spec', 'selector'], says: 'selects them' },
            { object: second, path: ['spec', 'selector'], says: 'selects them too' },
          ],
          confidence: 'high',
        },
      ];
    }
    return budgets.flatMap((budget) => {
      const { allowed, path, says } = allowedDisruptions(budget.object, replicas);
      if (allowed > 0) return [];
      return [
        {
          object: budget,
          path,
          message: `${titleOf(budget)} never allows an eviction of ${titleOf(source)} (${says}, ${replicas} instances)`,
          edits: toOne(budget.object),
          evidence: [covers, { object: budget, path, says }],
          confidence: 'high' as const,
        },
      ];
    });
  },
};
