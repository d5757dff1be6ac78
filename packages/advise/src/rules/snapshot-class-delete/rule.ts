// Snapshots of a database are deleted with the object that names them.
import { titleOf } from '../../model/sourced-object.ts';
import { textAt } from '../../model/value-at.ts';
import type { Rule } from '../../rule.ts';

export const rule: Rule = {
  id: 'snapshot-class-delete',
  title: 'snapshots of a database are deleted with their objects',
  about:
    'A VolumeSnapshotClass with deletionPolicy Delete deletes the snapshot in the storage when the VolumeSnapshot is deleted, as it is with its namespace. A backup must outlive the namespace that it is of. Evidence is a snapshot class of the driver that makes the volumes of the database, or one that a snapshot of its claims names.',
  loss: 'deleting the namespace deletes the data and all its snapshots together',
  fix: 'use a class with deletionPolicy: Retain for snapshots that are backups',
  sources: ['https://kubernetes.io/docs/concepts/storage/volume-snapshot-classes/#deletionpolicy'],
  mistakes: [18],
  severity: 'warning',
  appliesTo: 'databases',
  needs: ['VolumeSnapshotClass', 'StorageClass'],
  check(graph, { source, storage }) {
    const drivers = new Map(
      storage
        .filter(({ holdsState }) => holdsState)
        .flatMap((one) => {
          const found = graph.classOf(one);
          return found?.object.provisioner === undefined ? [] : [[found.object.provisioner, { one, found }] as const];
        }),
    );
    return graph.ofKind('VolumeSnapshotClass').flatMap((snapshotClass) => {
      const by = drivers.get(textAt(snapshotClass.object, ['driver']) ?? '');
      if (!by || textAt(snapshotClass.object, ['deletionPolicy']) !== 'Delete') return [];
      return [
        {
          object: snapshotClass,
          path: ['deletionPolicy'],
          message: `snapshots of ${titleOf(source)} by ${titleOf(snapshotClass)} are deleted with their VolumeSnapshot`,
          evidence: [
            { object: source, path: by.one.path, says: `storage ${by.one.name} takes its volumes from class ${by.found.name}` },
            { object: by.found, path: ['provisioner'], says: `has the driver of ${titleOf(snapshotClass)}` },
            { object: snapshotClass, path: ['deletionPolicy'], says: 'is Delete' },
          ],
          confidence: 'medium' as const,
        },
      ];
    });
  },
};
