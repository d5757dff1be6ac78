// The hash by which a deployment tells its ReplicaSets apart.
import { deepEqual, type Deployment, type PodTemplateSpec, type ReplicaSet } from '@holdfast/schema';

export const HASH_LABEL = 'pod-template-hash';
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A name for a template: the same template and collision count give the same hash. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${JSON.stringify(template)}${collisionCount || ''}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return Array.from(String(hash), (digit) => ALPHABET[Number(digit) % ALPHABET.length]).join('');
}

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
