// Storage that becomes smaller.
import { compareQuantities } from '@holdfast/schema';
import { titleOf } from '../../model/sourced-object.ts';
import { valueAt } from '../../model/value-at.ts';
import type { ChangeRule } from '../change.ts';

export const rule: ChangeRule = {
  id: 'shrinking-storage',
  title: 'an update makes storage smaller',
  about:
    'A claim can grow and never shrink. The API server refuses a smaller one; operators refuse it too, or, worse, take it for a wish to make the volume anew. Compared are claims, claim templates and the storage of custom resources.',
  loss: 'the update is refused, or the volume is replaced by an empty one',
  fix: 'keep the size; for less, make a new database of the smaller size and copy',
  sources: ['https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims'],
  mistakes: [26],
  severity: 'error',
  check({ before, after, was, is }) {
    if (!after) return [];
    const pairs = [
      ...(after.kind === 'PersistentVolumeClaim'
        ? [{ path: ['spec'], from: sizeOf(before.object, ['spec']), to: sizeOf(after.object, ['spec']) }]
        : []),
      ...(is?.storage ?? []).flatMap(({ name, path, claim }) => {
        const old = was?.storage.find((one) => one.name === name);
        return old ? [{ path, from: old.claim?.resources?.requests?.['storage'], to: claim?.resources?.requests?.['storage'] }] : [];
      }),
    ];
    return pairs.flatMap(({ path, from, to }) => {
      if (from === undefined || to === undefined || !isLess(String(to), String(from))) return [];
      return [
        {
          object: after,
          path,
          message: `storage of ${titleOf(after)} would shrink from ${String(from)} to ${String(to)}`,
          evidence: [
            { object: before, path, says: `was ${String(from)}` },
            { object: after, path, says: `is to be ${String(to)}` },
          ],
          confidence: 'high' as const,
        },
      ];
    });
  },
};

function sizeOf(object: unknown, path: readonly string[]): string | undefined {
  const value = valueAt(object, [...path, 'resources', 'requests', 'storage']);
  return typeof value === 'string' ? value : undefined;
}

/** Sizes that are none are for the API server to refuse. */
function isLess(a: string, b: string): boolean {
  try {
    return compareQuantities(a, b) < 0;
  } catch {
    return false;
  }
}
