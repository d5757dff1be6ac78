// Which ReplicaSet is that of a deployment's template, the label aside that tells its sets apart.
import { deepEqual, type Deployment, type PodTemplateSpec, type ReplicaSet } from '@holdfast/schema';

export const HASH_LABEL = 'pod-template-hash';

/** Whether a ReplicaSet was made from this template. */
export function sameTemplate(set: ReplicaSet, template: PodTemplateSpec | undefined): boolean {
  const labels = { ...set.spec?.template?.metadata?.labels };
  delete labels[HASH_LABEL];
  const bare = { ...set.spec?.template, metadata: { ...set.spec?.template?.metadata, labels } };
  return deepEqual(bare, { ...template, metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels } } });
}

/** The ReplicaSet of the deployment's template: the oldest, if several have it. */
export function newSetOf(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
    .find((set) => sameTemplate(set, deployment.spec?.template));
}
