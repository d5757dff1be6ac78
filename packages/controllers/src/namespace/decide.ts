// What a terminating namespace says of itself, with upstream's types, reasons and words.
import type { NamespaceCondition } from '@holdfast/schema';

/** Objects of one resource that are still there. */
export interface Remaining {
  /** Resource and group: 'pods.', 'statefulsets.apps'. */
  readonly resource: string;
  readonly count: number;
  readonly finalizers: readonly string[];
}

const RECHECK_MS = { first: 200, last: 8000 } as const;

/**
 * When to look again at a namespace whose deletion began so long ago. What is left goes by itself, mostly within moments; upstream, which
 * serves clusters where each look costs more, waits 5 s before the first and then half the longest grace period, or 8 s for finalizers.
 */
export function recheckMs(sinceMs: number): number {
  return Math.min(RECHECK_MS.last, Math.max(RECHECK_MS.first, sinceMs / 4));
}

export function conditionsOf(remaining: readonly Remaining[], failures: readonly string[]): readonly NamespaceCondition[] {
  const counts = new Map<string, number>();
  for (const finalizer of remaining.flatMap((entry) => entry.finalizers)) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  const content = remaining
    .map(({ resource, count }) => `${resource} has ${count} resource instances`)
    .toSorted((a, b) => a.localeCompare(b));
  const finalizers = [...counts]
    .map(([finalizer, count]) => `${finalizer} in ${count} resource instances`)
    .toSorted((a, b) => a.localeCompare(b));
  return [
    ok('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    ok('NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    failures.length > 0
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        }
      : ok('NamespaceDeletionContentFailure', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'),
    content.length > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${content.join(', ')}`,
        }
      : ok('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.length > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        }
      : ok('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ];
}

function ok(type: string, reason: string, message: string): NamespaceCondition {
  return { type, status: 'False', reason, message };
}
