// Revisions of a set's pod template, kept as ControllerRevision objects.
import { controllerReference } from '@holdfast/controller';
import { type ControllerRevision, deepEqual, type PodTemplateSpec, type StatefulSet, STATEFULSETS } from '@holdfast/schema';

export const HASH_LABEL = 'controller.kubernetes.io/hash';
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const NAME_LIMIT = 223;

/** What a revision keeps: the pod template and nothing else. */
export function revisionData(set: StatefulSet): { readonly spec: { readonly template: unknown } } {
  return { spec: { template: { ...set.spec?.template, $patch: 'replace' } } };
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const data = revision.data as { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } };
  const { $patch: _patch, ...template } = data.spec.template;
  return template;
}

/** The revision that the set's template would be, with this number. */
export function buildRevision(set: StatefulSet, number: number, collisionCount: number): ControllerRevision {
  const data = revisionData(set);
  const hash = hashOf(JSON.stringify(data), collisionCount);
  return {
    metadata: {
      name: `${(set.metadata.name ?? '').slice(0, NAME_LIMIT)}-${hash}`,
      namespace: set.metadata.namespace,
      labels: { ...set.spec?.template?.metadata?.labels, [HASH_LABEL]: hash },
      ...(set.metadata.annotations ? { annotations: set.metadata.annotations } : {}),
      ownerReferences: [controllerReference(set, STATEFULSETS)],
    },
    data,
    revision: number,
  };
}

/** Whether two revisions keep the same template. */
export function sameRevision(a: ControllerRevision, b: ControllerRevision): boolean {
  return deepEqual(a.data, b.data);
}

/** Oldest first. */
export function sortRevisions(revisions: readonly ControllerRevision[]): readonly ControllerRevision[] {
  return revisions.toSorted(
    (a, b) =>
      (a.revision ?? 0) - (b.revision ?? 0) ||
      (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
      (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
  );
}

/** What to do for the set's template to have a revision. */
export type RevisionStep =
  | { readonly kind: 'keep'; readonly update: ControllerRevision }
  /** A rollback: the older object gets the highest number and keeps its name. */
  | { readonly kind: 'bump'; readonly update: ControllerRevision; readonly number: number }
  | { readonly kind: 'create'; readonly update: ControllerRevision };

/** `revisions` sorted, oldest first. */
export function decideRevision(set: StatefulSet, revisions: readonly ControllerRevision[], collisionCount: number): RevisionStep {
  const newest = revisions.at(-1);
  const number = (newest?.revision ?? 0) + 1;
  const wanted = buildRevision(set, number, collisionCount);
  if (newest && sameRevision(newest, wanted)) return { kind: 'keep', update: newest };
  const older = revisions.findLast((revision) => sameRevision(revision, wanted));
  return older ? { kind: 'bump', update: older, number } : { kind: 'create', update: wanted };
}

/** The revisions to delete: the oldest that nothing refers to, beyond the limit. */
export function surplusRevisions(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
): readonly ControllerRevision[] {
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  if (limit < 0) return [];
  const history = revisions.filter((revision) => !live.has(revision.metadata.name ?? ''));
  return history.slice(0, Math.max(0, history.length - limit));
}

/** FNV-1 of 32 bits, in the letters of generated names. */
function hashOf(text: string, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text + (collisionCount > 0 ? String(collisionCount) : '')))
    hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return Array.from(String(hash), (digit) => ALPHABET[Number(digit) % ALPHABET.length]).join('');
}
