// How many nodes may be away at once for reasons that can wait.
import type { PodDisruptionBudget } from '@holdfast/schema';
import type { CrdbCluster } from '../api/crdb-cluster.ts';
import { withDefaults } from '../api/defaults.ts';
import { managedMetadata, namesOf, selectorLabels } from './names.ts';

/** minAvailable wins over maxUnavailable. */
export function buildDisruptionBudget(cluster: CrdbCluster, version: string): PodDisruptionBudget {
  const { minAvailable, maxUnavailable } = withDefaults(cluster.spec);
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: managedMetadata(cluster, namesOf(cluster.metadata.name ?? '').budget, version),
    spec: {
      selector: { matchLabels: selectorLabels(cluster) },
      ...(minAvailable === undefined ? { maxUnavailable } : { minAvailable }),
    },
  };
}
