// What wakes the reconciler of clusters.
import { type ComponentFactory, createController, createEventRecorder, enqueueOwner, enqueueSelf, watch } from '@holdfast/controller';
import {
  PODDISRUPTIONBUDGETS,
  PODS,
  type ResourceType,
  ROLEBINDINGS,
  ROLES,
  SERVICEACCOUNTS,
  SERVICES,
  STATEFULSETS,
} from '@holdfast/schema';
import { CRDB_CLUSTERS } from '../api/crdb-cluster.ts';
import type { OperatorSettings } from './observed.ts';
import { clusterReconciler } from './reconciler.ts';

const MANAGED = 'app.kubernetes.io/managed-by=cockroach-operator';

/** What the caches of an operator need to hold, by resource: on a large cluster everything else is left out. */
export const CACHE_LABELS: Readonly<Record<string, string>> = {
  pods: 'app.kubernetes.io/name=cockroachdb,app.kubernetes.io/component=database',
  services: MANAGED,
  statefulsets: MANAGED,
  poddisruptionbudgets: MANAGED,
  serviceaccounts: MANAGED,
  roles: MANAGED,
  rolebindings: MANAGED,
};

/** One long initialization must not keep other clusters waiting. */
const CONCURRENCY = 4;

export function crdbClusterController(settings: OperatorSettings): ComponentFactory {
  return (context) => {
    const { client, informers } = context;
    const events = createEventRecorder({ ...context, component: 'cockroach-operator' });
    const owned: readonly ResourceType[] = [SERVICES, STATEFULSETS, PODDISRUPTIONBUDGETS, SERVICEACCOUNTS, ROLES, ROLEBINDINGS];
    return createController({
      name: 'crdbcluster',
      context,
      reconciler: clusterReconciler(client, events, settings),
      concurrency: CONCURRENCY,
      watches: [
        watch(informers.informer(CRDB_CLUSTERS), enqueueSelf),
        ...owned.map((type) => watch(informers.informer(type), enqueueOwner(CRDB_CLUSTERS))),
        watch(informers.informer(PODS), ({ object: { metadata } }) => {
          const name = metadata.labels?.['app.kubernetes.io/instance'];
          return name === undefined ? [] : [{ namespace: metadata.namespace, name }];
        }),
      ],
    });
  };
}
