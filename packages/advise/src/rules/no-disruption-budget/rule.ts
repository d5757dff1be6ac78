// Nothing keeps a drain from taking all instances at once.
import { operatedTwin } from '../../model/selection.ts';
import { titleOf } from '../../model/sourced-object.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'no-disruption-budget',
  title: 'a replicated database has no PodDisruptionBudget',
  about:
    'Draining nodes (upgrades, scaling of node pools) evicts pods. Only a PodDisruptionBudget makes eviction wait until the evicted instance is back; without one, two drains at once may take two members of three. Evidence is that no budget in the namespace selects the labels of the template. Operators make budgets for their custom resources, so these are not meant.',
  loss: 'a node upgrade takes more instances than the database can miss: no quorum, or the last copy that had the newest writes',
  fix: 'make a PodDisruptionBudget that selects the pods, with maxUnavailable: 1',
  sources: [
    'https://kubernetes.io/docs/concepts/workloads/pods/disruptions/',
    'https://kubernetes.io/docs/tasks/run-application/configure-pdb/',
  ],
  mistakes: [9],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['PodDisruptionBudget'],
  check(graph, workload) {
    const { source, replicas, replicasPath, template } = workload;
    if (!template || replicas < 2 || source.kind === 'DaemonSet') return [];
    if (graph.coverage.budgets(workload).length > 0 || operatedTwin(graph, workload)) return [];
    return [
      {
        object: source,
        path: replicasPath,
        message: `no PodDisruptionBudget covers the ${replicas} instances of ${titleOf(source)}`,
        evidence: [{ object: source, path: replicasPath, says: `has ${replicas} instances, and no budget in its namespace selects them` }],
        confidence: graph.live ? 'high' : 'medium',
      },
    ];
  },
};
