// A policy that begins to delete.
import type { FieldPath } from '../../model/sourced-object.ts';
import { titleOf } from '../../model/sourced-object.ts';
import { valueAt } from '../../model/value-at.ts';
import type { ChangeRule } from '../change.ts';

/** Where a change from keeping to deleting may stand. */
const PLACES: readonly { readonly kind: string; readonly path: FieldPath; readonly deletes: readonly unknown[] }[] = [
  { kind: 'StatefulSet', path: ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted'], deletes: ['Delete'] },
  { kind: 'StatefulSet', path: ['spec', 'persistentVolumeClaimRetentionPolicy', 'whenScaled'], deletes: ['Delete'] },
  { kind: 'PersistentVolume', path: ['spec', 'persistentVolumeReclaimPolicy'], deletes: ['Delete', 'Recycle'] },
  { kind: 'StorageClass', path: ['reclaimPolicy'], deletes: ['Delete', undefined] },
  { kind: 'VolumeSnapshotClass', path: ['deletionPolicy'], deletes: ['Delete'] },
  { kind: 'VolumeSnapshotContent', path: ['spec', 'deletionPolicy'], deletes: ['Delete'] },
  { kind: 'Cluster', path: ['spec', 'terminationPolicy'], deletes: ['Delete', 'WipeOut'] },
];

export const rule: ChangeRule = {
  id: 'retention-turned',
  title: 'an update turns a policy from keeping to deleting',
  about:
    'Policies that say what happens to data when its owner goes count from the moment of the update, for data that is already there: the retention policy of a StatefulSet, the reclaim policy of a volume, the deletion policy of snapshots. whenDeleted: Delete also gives every claim an owner, so that the next delete of the set deletes them.',
  loss: 'the next delete or scale-down deletes data that was kept until today',
  fix: 'keep Retain; delete by hand what is no longer needed',
  sources: ['https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention'],
  mistakes: [1, 16, 18],
  severity: 'error',
  check({ before, after }) {
    if (!after) return [];
    return PLACES.filter(({ kind }) => kind === after.kind).flatMap(({ path, deletes }) => {
      const [from, to] = [valueAt(before.object, path), valueAt(after.object, path)];
      if (from === to || deletes.includes(from) || !deletes.includes(to)) return [];
      return [
        {
          object: after,
          path,
          message: `${path.at(-1)} of ${titleOf(after)} turns from ${text(from)} to ${text(to)}`,
          evidence: [
            { object: before, path, says: `was ${text(from)}` },
            { object: after, path, says: `is to be ${text(to)}` },
          ],
          confidence: 'high' as const,
        },
      ];
    });
  },
};

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'unsaid';
}
