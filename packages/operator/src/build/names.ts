// Names and labels of everything that belongs to a cluster.
import { controllerReference } from '@holdfast/controller';
import type { ObjectMeta } from '@holdfast/schema';
import { CRDB_CLUSTERS, type CrdbCluster } from '../api/crdb-cluster.ts';

type Labels = Readonly<Record<string, string>>;

export const PART_OF_LABEL = 'app.kubernetes.io/part-of';

/** Names of the objects of a cluster called `name`. */
export function namesOf(name: string): {
  readonly discovery: string;
  readonly public: string;
  readonly statefulSet: string;
  readonly budget: string;
  readonly serviceAccount: string;
  readonly role: string;
  readonly roleBinding: string;
} {
  return {
    discovery: name,
    public: `${name}-public`,
    statefulSet: name,
    budget: name,
    serviceAccount: `${name}-sa`,
    role: `${name}-role`,
    roleBinding: `${name}-role-binding`,
  };
}

/** What selects a cluster's pods; also the only labels of pods and claims. */
export function selectorLabels({ metadata, spec }: CrdbCluster): Labels {
  return {
    'app.kubernetes.io/name': 'cockroachdb',
    'app.kubernetes.io/instance': metadata.name ?? '',
    'app.kubernetes.io/component': 'database',
    ...spec.additionalLabels,
  };
}

/** Metadata of a managed object. `version` goes into a label that changes with upgrades. */
export function managedMetadata(cluster: CrdbCluster, name: string, version: string, annotations: Labels = {}): ObjectMeta {
  const all = { ...cluster.spec.additionalAnnotations, ...annotations };
  return {
    name,
    namespace: cluster.metadata.namespace,
    labels: {
      ...selectorLabels(cluster),
      [PART_OF_LABEL]: cluster.metadata.labels?.[PART_OF_LABEL] ?? 'cockroachdb',
      'app.kubernetes.io/managed-by': 'cockroach-operator',
      ...(version === '' ? {} : { 'app.kubernetes.io/version': version }),
    },
    ...(Object.keys(all).length > 0 ? { annotations: all } : {}),
    ownerReferences: [controllerReference(cluster, CRDB_CLUSTERS)],
  };
}
