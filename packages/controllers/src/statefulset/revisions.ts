// Revisions of a set's pod template, kept as ControllerRevision objects.
import { controllerReference } from '@holdfast/controller';
import { type ControllerRevision, type StatefulSet, STATEFULSETS } from '@holdfast/schema';
import { revisionHash } from '../history/hash.ts';
import { keeps, revisionData } from '../history/revisions.ts';

export const HASH_LABEL = 'controller.kubernetes.io/hash';
const NAME_LIMIT = 223;

/** The revision that the set's template would be, with this number. */
export function buildRevision(set: StatefulSet, number: number, collisionCount: number): ControllerRevision {
  const data = revisionData(set.spec?.template);
  const hash = revisionHash(data, collisionCount);
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

/** What to do for the set's template to have a revision. */
export type RevisionStep =
  | { readonly kind: 'keep'; readonly update: ControllerRevision }
  /** A rollback: the older object gets the highest number and keeps its name. */
  | { readonly kind: 'bump'; readonly update: ControllerRevision; readonly number: number }
  | { readonly kind: 'create'; readonly update: ControllerRevision };

/** `revisions` sorted, oldest first. */
export function decideRevision(set: StatefulSet, revisions: readonly ControllerRevision[], collisionCount: number): RevisionStep {
  const newest = revisions.at(-1);
  const data = revisionData(set.spec?.template);
  if (newest && keeps(newest, data)) return { kind: 'keep', update: newest };
  const number = (newest?.revision ?? 0) + 1;
  const older = revisions.findLast((revision) => keeps(revision, data));
  return older ? { kind: 'bump', update: older, number } : { kind: 'create', update: buildRevision(set, number, collisionCount) };
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
