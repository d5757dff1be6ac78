// ControllerRevisions as StatefulSets and DaemonSets keep them: a pod template each, and a number that grows.
import { type ControllerRevision, deepEqual, type PodTemplateSpec } from '@holdfast/schema';

/** A patch that brings the template back; what a revision keeps. */
export interface RevisionData {
  readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } };
}

export function revisionData(template: PodTemplateSpec | undefined): RevisionData {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _patch, ...template } = (revision.data as unknown as RevisionData).spec.template;
  return template;
}

/** Whether a revision keeps this, in whatever order. */
export function keeps(revision: ControllerRevision, data: unknown): boolean {
  return deepEqual(revision.data, data);
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
